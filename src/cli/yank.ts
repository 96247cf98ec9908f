import type { Command } from 'commander'
import { markCommand } from './release-mark.ts'

export function command(): Command {
  return markCommand({
    how: 'yank',
    description:
      'Yanks a version: installers no longer choose it, and still get it where it is asked for by exactly that version (PEP 592).',
    words: ['yanked', 'no longer yanked'],
    reason: 'broken',
  })
}
