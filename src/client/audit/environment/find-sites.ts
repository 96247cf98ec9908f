import { lstat, readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'

export interface Sites {
  /** Without links. */
  readonly root: string
  /** Folders with the installed distributions, from the root, with `/`; `.` is the root itself. */
  readonly folders: readonly string[]
}

/** Of a virtual environment, or of a folder that an installer was aimed at; undefined where there are none. */
export async function findSites(path: string): Promise<Sites | undefined> {
  const root = await realpath(path)
  const found: string[] = []
  for (const lib of ['lib', 'lib64', 'Lib'])
    for (const folder of lib === 'Lib' ? ['.'] : await pythonFolders(join(root, lib))) {
      const site = folder === '.' ? `${lib}/site-packages` : `${lib}/${folder}/site-packages`
      if (await isFolder(join(root, site), join(root, lib))) found.push(site)
    }
  if (found.length > 0) return { root, folders: found }
  const names = await readdir(root)
  return names.some((name) => name.endsWith('.dist-info')) ? { root, folders: ['.'] } : undefined
}

async function pythonFolders(lib: string): Promise<readonly string[]> {
  const names = await readdir(lib).catch(() => [])
  return names.filter((name) => /^(?:python|pypy)3(?:\.\d+)?t?$/.test(name)).toSorted()
}

/** `lib64` is most often a link to `lib`, whose folders are looked at once. */
async function isFolder(path: string, lib: string): Promise<boolean> {
  const [own, above] = await Promise.all([path, lib].map((one) => lstat(one).catch(() => undefined)))
  return own?.isDirectory() === true && above?.isDirectory() === true
}
