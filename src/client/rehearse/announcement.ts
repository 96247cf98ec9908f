import type { ProjectVariable } from '../../repositories/index.ts'

/** What of this rehearsal is not as it would be on gitlab.com. */
export function announcement(hosts: readonly string[], added: readonly ProjectVariable[]): readonly string[] {
  const named = (isFile: boolean): readonly string[] =>
    added.filter((variable) => variable.isFile === isFile).map(({ key }) => key)
  const others = named(false)
  return [
    'rehearsal: these hosts are answered by this machine, with keys of this run only:',
    ...hosts.map((line) => `  ${line}`),
    `rehearsal: these variables are added to the project, with the trust root of this run: ${named(true).join(', ')}`,
    'rehearsal: this program is on the PATH of jobs as wheelseal; on gitlab.com, they install it or have it in their image',
    ...(others.length === 0
      ? []
      : [
          `rehearsal: these variables are added to the project, so that pip installs from the wheelhouse: ${others.join(', ')}`,
        ]),
  ]
}
