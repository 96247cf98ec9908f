import { Command } from 'commander'
import { approveCommand, forgetCommand, pinsCommand, refreshCommand } from './gate-pins.ts'
import { statusCommand } from './gate-status.ts'
import { tryCommand } from './gate-try.ts'
import { upCommand } from './gate-up.ts'

export function command(): Command {
  return new Command('gate')
    .description(
      'A verifying index in front of any index: pip, uv, poetry and pdm install through it, unchanged, only what a policy allows.',
    )
    .addCommand(upCommand())
    .addCommand(statusCommand())
    .addCommand(tryCommand())
    .addCommand(approveCommand())
    .addCommand(forgetCommand())
    .addCommand(pinsCommand())
    .addCommand(refreshCommand())
}
