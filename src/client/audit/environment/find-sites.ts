import { readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { auditErrors } from '../errors.ts'

export interface Sites {
  /** Without links. */
  readonly root: string
  /** Folders with the installed distributions, from the root, with `/`; `.` is the root itself. */
  readonly folders: readonly string[]
}

/**
 * Of a virtual environment, or of a folder that an installer was aimed at; undefined where there are none. Throws
 * `audit.target` where Python would follow a link out of it.
 */
export async function findSites(path: string): Promise<Sites | undefined> {
  const root = await realpath(path)
  // `lib64` is most often a link to `lib`: what is found twice is looked at once.
  const found = new Set<string>()
  for (const lib of ['lib', 'lib64', 'Lib'])
    for (const folder of lib === 'Lib' ? ['.'] : await pythonFolders(join(root, lib))) {
      const site = folder === '.' ? `${lib}/site-packages` : `${lib}/${folder}/site-packages`
      const real = await realSite(root, site)
      if (real !== undefined) found.add(real)
    }
  if (found.size > 0) return { root, folders: [...found] }
  const names = await readdir(root)
  return names.some((name) => name.endsWith('.dist-info')) ? { root, folders: ['.'] } : undefined
}

async function pythonFolders(lib: string): Promise<readonly string[]> {
  const names = await readdir(lib).catch(() => [])
  return names.filter((name) => /^(?:python|pypy)3(?:\.\d+)?t?$/.test(name)).toSorted()
}

const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP'])

/** Where a folder is in truth, from the root: who changes an environment may put a link in place of one that is clean. */
async function realSite(root: string, site: string): Promise<string | undefined> {
  try {
    const real = await realpath(join(root, site))
    if (!(await stat(real)).isDirectory()) return undefined
    const place = relative(root, real).split(sep).join('/')
    if (!place.startsWith('../')) return place
  } catch (error) {
    if (error instanceof Error && 'code' in error && ABSENT.has(String(error.code))) return undefined
    throw auditErrors('audit.target', `${site} cannot be read`, { cause: error })
  }
  throw auditErrors('audit.target', `${site} is a link out of the environment`, {
    hint: 'audit the environment that it leads to',
  })
}
