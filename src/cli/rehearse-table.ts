import type { RehearseReport } from '../client/rehearse/index.ts'
import type { Line } from './screen.ts'

/** What the rehearsal proves, and that it is over. */
export function rehearsalTable({ files, identity, thenExitCode }: RehearseReport): readonly Line[] {
  return [
    '',
    ...files.map((file): Line => ({ mark: file.isVerified ? 'passed' : 'failed', text: file.verdict })),
    ...(files.length === 0 ? ['the pipeline passed and published no packages'] : []),
    ...(files.some(({ isSigned }) => isSigned) ? [`on gitlab.com the signatures will name ${identity}`] : []),
    ...(thenExitCode === 0 ? [{ mark: 'passed', text: 'the script of --then succeeded' } as const] : []),
    'this was a rehearsal: its keys, its registry and all that was published are gone',
  ]
}
