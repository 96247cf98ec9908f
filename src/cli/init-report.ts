import type { InitPlan } from '../client/init/index.ts'
import { programName } from './terminal.ts'
import { unifiedDiff } from './unified-diff.ts'

const NAMES = {
  'gitlab.com': 'gitlab.com with public Sigstore',
  'self-managed': 'a self-managed GitLab',
  local: 'this machine (wheelseal run)',
} as const

/** Where the pipeline will run, and how that is known. */
export function targetLine({ target, why }: InitPlan): string {
  const services = target.kind === 'self-managed' ? ` with the trust services at ${target.url}` : ''
  return `the pipeline is for ${NAMES[target.kind]}${services}, since ${why}`
}

export function changeLines({ changes }: InitPlan): readonly string[] {
  return changes.flatMap(unifiedDiff)
}

/** What to do next, and what nobody could look at. */
export function nextLines({ target, changes, unread, isRepository }: InitPlan): readonly string[] {
  const program = programName()
  const paths = changes.map(({ path }) => path).join(' ')
  const isLocal = target.kind === 'local'
  return [
    ...changes.map(({ path }) => `wrote ${path}`),
    ...unread.map((one) => `not at hand, and not looked at: ${one}`),
    'next:',
    `  ${program} lint`,
    ...(isRepository ? [] : ['  git init']),
    `  git add ${paths} && git commit -m "sign releases"`,
    isLocal ? `  ${program} run` : `  ${program} rehearse`,
    ...(isLocal ? [] : ['  git push', '  protect the tags v*, push one: a release is made of it']),
  ]
}
