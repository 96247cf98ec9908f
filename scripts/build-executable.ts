/**
 * Compiles the program into executables that need no Node: `node scripts/build-executable.ts [--platform NAME]…
 * [--out DIR]`; without a platform, that of this machine. `--print-runtime` only installs its runtime and prints where. The compiler and the runtimes that go into the executables are
 * npm packages, pinned with their digests in scripts/compiler/package-lock.json; nothing else installs them.
 */
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { buildModules, root } from './build-program.ts'

interface Platform {
  /** The npm package with the runtime of that platform. */
  readonly runtime: string
  /** As the compiler calls it. */
  readonly target: string
  /** As npm chooses packages. */
  readonly npm: { readonly os: string; readonly cpu: string; readonly libc?: string }
}

const PLATFORMS: Readonly<Record<string, Platform>> = {
  'linux-x64': platform('linux-x64', { os: 'linux', cpu: 'x64', libc: 'glibc' }),
  'linux-arm64': platform('linux-aarch64', { os: 'linux', cpu: 'arm64', libc: 'glibc' }),
  'linux-x64-musl': platform('linux-x64-musl', { os: 'linux', cpu: 'x64', libc: 'musl' }),
  'linux-arm64-musl': platform('linux-aarch64-musl', { os: 'linux', cpu: 'arm64', libc: 'musl' }),
  'darwin-x64': platform('darwin-x64', { os: 'darwin', cpu: 'x64' }),
  'darwin-arm64': platform('darwin-aarch64', { os: 'darwin', cpu: 'arm64' }),
}

function platform(name: string, npm: Platform['npm']): Platform {
  return { runtime: `@oven/bun-${name}`, target: `bun-${name.replace('aarch64', 'arm64')}`, npm }
}

/** Beside the executables, and in the wheels. */
export const LICENSES = 'wheelseal.licenses.txt'

const lock = join(root, 'scripts', 'compiler')

/** Of this machine; others are compiled here and run elsewhere. */
export function thisPlatform(): string {
  const isMusl = process.platform === 'linux' && glibcVersion() === undefined
  return `${process.platform}-${process.arch}${isMusl ? '-musl' : ''}`
}

function glibcVersion(): string | undefined {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  return header.glibcVersionRuntime
}

/** The runtime of a platform, installed once for each version of the lock. */
function runtimeOf(name: string): string {
  const wanted = PLATFORMS[name]
  if (wanted === undefined)
    throw new Error(`no runtime for ${name}; there are ${Object.keys(PLATFORMS).join(', ')}`)
  const folder = join(root, 'node_modules', '.compiler', name)
  const bun = join(folder, 'node_modules', wanted.runtime, 'bin', 'bun')
  const isCurrent =
    existsSync(bun) &&
    readFileSync(join(folder, 'package-lock.json')).equals(readFileSync(join(lock, 'package-lock.json')))
  return isCurrent ? bun : installed(folder, wanted, bun)
}

function installed(folder: string, { npm }: Platform, bun: string): string {
  mkdirSync(join(root, 'node_modules', '.compiler'), { recursive: true })
  const fresh = mkdtempSync(join(root, 'node_modules', '.compiler', 'new-'))
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(lock, file), join(fresh, file))
  const choice = Object.entries(npm).map(([key, value]) => `--${key}=${value}`)
  execFileSync('npm', ['ci', '--ignore-scripts', ...choice], {
    cwd: fresh,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  rmSync(folder, { recursive: true, force: true })
  renameSync(fresh, folder)
  return bun
}

/** Neither `.env` nor `bunfig.toml` of the folder in which somebody verifies something may change what is run. */
const OPTIONS = [
  '--compile',
  '--bytecode',
  '--format=esm',
  '--splitting',
  '--no-compile-autoload-dotenv',
  '--no-compile-autoload-bunfig',
  '--no-compile-autoload-tsconfig',
  '--no-compile-autoload-package-json',
]

/** The name of the output goes into the executable, so it is always the same. */
async function compileExecutable(name: string, out: string): Promise<string> {
  const [compiler, runtime] = [runtimeOf(thisPlatform()), runtimeOf(name)]
  const work = mkdtempSync(join(tmpdir(), 'wheelseal-compile-'))
  try {
    const notices = await buildModules(work)
    const target = [`--target=${PLATFORMS[name]?.target}`, `--compile-executable-path=${runtime}`]
    execFileSync(compiler, ['build', 'main.mjs', ...OPTIONS, ...target, '--outfile', 'wheelseal'], {
      cwd: work,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { PATH: process.env['PATH'], HOME: work },
    })
    writeFileSync(join(out, LICENSES), licenses(notices))
    const file = join(out, `wheelseal-${name}`)
    copyFileSync(join(work, 'wheelseal'), `${file}.new`)
    renameSync(`${file}.new`, file)
    return file
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Ours, those of the libraries in the program, and those of the runtime: they go with every copy. */
function licenses(notices: string): string {
  const texts = [join(root, 'LICENSE'), join(lock, 'LICENSES.md'), join(lock, 'LGPL-2.1.txt')]
  const [ours = '', ...runtime] = texts.map((file) => readFileSync(file, 'utf8'))
  return [ours, notices, ...runtime].map(
    (part) => `${part.trim()}
`,
  ).join(`
${'-'.repeat(80)}

`)
}

async function compileAll({ platform: names, out }: { platform?: string[]; out?: string }): Promise<void> {
  const dist = out === undefined ? join(root, 'dist') : resolve(out)
  mkdirSync(dist, { recursive: true })
  for (const name of names ?? [thisPlatform()]) console.log(`compiled ${await compileExecutable(name, dist)}`)
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      platform: { type: 'string', multiple: true },
      out: { type: 'string' },
      'print-runtime': { type: 'boolean' },
    },
  })
  if (values['print-runtime'] === true) console.log(runtimeOf(thisPlatform()))
  else await compileAll(values)
}
