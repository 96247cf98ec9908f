import type { Command } from 'commander'
import { markCommand } from './release-mark.ts'

export function command(): Command {
  return markCommand({
    how: 'quarantine',
    description: 'Quarantines a version: its files are neither listed nor served until that is undone.',
    words: ['quarantined', 'no longer quarantined'],
    reason: 'malware',
  })
}
