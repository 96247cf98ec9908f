import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes the types of these source files, and of all that they name, below `out` as in `src/`. */
export function declarations(
  root: string,
  { entries, out }: { entries: readonly string[]; out: string },
): void {
  const folder = mkdtempSync(join(root, 'node_modules', '.declarations-'))
  try {
    const config = join(folder, 'tsconfig.json')
    writeFileSync(config, JSON.stringify(configuration(root, { entries, out })))
    const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', config], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`the types could not be written: ${stdout}${stderr}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function configuration(root: string, { entries, out }: { entries: readonly string[]; out: string }): object {
  return {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rewriteRelativeImportExtensions: true,
      outDir: out,
      rootDir: join(root, 'src'),
    },
    include: [],
    files: entries.map((entry) => join(root, entry)),
  }
}
