import type { Project } from '../access/index.ts'
import { normalizeName, parseVersion } from '../formats/python/index.ts'
import { registryErrors } from './errors.ts'
import type { Context } from './ports.ts'
import type { FileChange, PackageKey, PackageStatus, PypiSettings } from './store.ts'

/** A version of a package, as somebody wrote both. */
export interface Release {
  readonly name: string
  readonly version: string
}

/** What was changed: names normalised, and how many files it was. */
export interface Curated extends Release {
  readonly files: number
}

/**
 * What maintainers say of what was published. The caller has checked that whoever asks may do it in `project`. Names and
 * versions come in any spelling. All throw `python.name`, `python.version`, `registry.reason`,
 * `registry.unknown-package`, `registry.unknown-version`.
 */
export interface Curation {
  /** Listed as yanked (PEP 592); null takes it back. */
  yank(project: Project, release: Release, reason: string | null): Promise<Curated>
  /** Neither listed nor served; null takes it back. */
  quarantine(project: Project, release: Release, reason: string | null): Promise<Curated>
  /** Gone for good: neither listed nor served, and no file of that name is ever taken again. */
  remove(project: Project, release: Release): Promise<Curated>
  /** Of the package over all its versions (PEP 792), those to come too. */
  setStatus(
    project: Project,
    name: string,
    to: { readonly status: PackageStatus; readonly reason: string },
  ): Promise<{ readonly name: string }>
  settings(project: Project): Promise<PypiSettings>
  changeSettings(project: Project, settings: PypiSettings): Promise<void>
}

export function createCuration(context: Context): Curation {
  const { store, clock } = context
  return {
    yank: (project, release, reason) =>
      change(context, { project, release }, { yankedReason: checkReason(reason) }),
    quarantine: (project, release, reason) =>
      change(context, { project, release }, { quarantinedReason: checkReason(reason) }),
    remove: (project, release) => change(context, { project, release }, { deletedAtMs: clock.nowMs() }),
    setStatus: async (project, given, { status, reason }) => {
      const key = { projectId: project.id, kind: 'pypi', nameKey: normalizeName(given) } as const
      const to = { status, statusReason: checkReason(reason) ?? '' }
      if (!(await store.setStatus(key, to, { atMs: clock.nowMs() })))
        throw unknownPackage(project, key.nameKey)
      return { name: key.nameKey }
    },
    settings: ({ id }) => store.findPypiSettings(id),
    changeSettings: ({ id }, settings) => store.setPypiSettings(id, settings, { atMs: clock.nowMs() }),
  }
}

interface Target {
  readonly project: Project
  readonly release: Release
}

async function change(
  { store, clock }: Context,
  { project, release }: Target,
  what: FileChange,
): Promise<Curated> {
  const [name, version] = [normalizeName(release.name), parseVersion(release.version)]
  const key: PackageKey = { projectId: project.id, kind: 'pypi', nameKey: name, versionKey: version.key }
  const files = await store.changeVersion(key, what, { atMs: clock.nowMs() })
  if (files > 0) return { name, version: version.normal, files }
  if ((await store.findName(key)) === undefined) throw unknownPackage(project, name)
  throw registryErrors(
    'registry.unknown-version',
    `${project.path} has no file of ${name} ${version.normal} that is not deleted`,
  )
}

function unknownPackage({ path }: Project, name: string): Error {
  return registryErrors('registry.unknown-package', `${path} has no package ${name}`)
}

const MAX_REASON_LENGTH = 500

/** It stands in pages, in status lines and on terminals: one line of what can be seen. */
function checkReason(reason: string | null): string | null {
  if (reason === null) return null
  const isPlain = !/[\p{C}\p{Zl}\p{Zp}]/u.test(reason)
  if (isPlain && reason.length <= MAX_REASON_LENGTH) return reason
  throw registryErrors(
    'registry.reason',
    `the reason is longer than ${MAX_REASON_LENGTH} characters, or has one that cannot be seen`,
  )
}
