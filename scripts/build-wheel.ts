/**
 * Puts executables into wheels: `node scripts/build-wheel.ts [--platform NAME]… [--out DIR]`, behind
 * scripts/build-executable.ts. The same executable gives the same bytes. Layout: PyPA binary distribution format 1.0;
 * METADATA: core metadata 2.4.
 */
import { createHash } from 'node:crypto'
import { createWriteStream, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { ZipFile } from 'yazl'
import { LICENSES, thisPlatform } from './build-executable.ts'
import { manifest, root } from './build-program.ts'
import { packedReadme } from './build-readme.ts'

/** glibc 2.17 is all that the runtime asks for; 2.28 is the oldest that Python's own images still have. */
const TAGS: Readonly<Record<string, string>> = {
  'linux-x64': 'manylinux_2_28_x86_64',
  'linux-arm64': 'manylinux_2_28_aarch64',
  'linux-x64-musl': 'musllinux_1_2_x86_64',
  'linux-arm64-musl': 'musllinux_1_2_aarch64',
}

/** `python -m wheelseal`: installers put the executable where the scripts of their scheme are. */
const MAIN = `import os
import sys
import sysconfig

schemes = [sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user")]
candidates = [os.path.join(sysconfig.get_path("scripts", scheme), "wheelseal") for scheme in schemes]
# pip install --target puts it beside the package.
candidates.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bin", "wheelseal"))
program = next((path for path in candidates if os.path.isfile(path)), None)
if program is None:
    sys.exit("wheelseal: error: the executable is in none of " + ", ".join(candidates))
os.execv(program, [program, *sys.argv[1:]])
`

interface Member {
  readonly path: string
  readonly bytes: Uint8Array
  readonly mode?: number
}

async function buildWheel(platform: string, dist: string): Promise<string> {
  const tag = TAGS[platform]
  if (tag === undefined)
    throw new Error(`no wheel for ${platform}; there are ${Object.keys(TAGS).join(', ')}`)
  const file = join(dist, `wheelseal-${manifest.version}-py3-none-${tag}.whl`)
  const members = membersOf(tag, { platform, dist })
  await writeZip(file, [...members, record(members)])
  return file
}

function membersOf(tag: string, { platform, dist }: { platform: string; dist: string }): readonly Member[] {
  const info = `wheelseal-${manifest.version}.dist-info`
  const text = (path: string, content: string): Member => ({ path, bytes: Buffer.from(content) })
  return [
    text('wheelseal/__main__.py', MAIN),
    {
      path: `wheelseal-${manifest.version}.data/scripts/wheelseal`,
      bytes: readFileSync(join(dist, `wheelseal-${platform}`)),
      mode: 0o100755,
    },
    text(`${info}/licenses/${LICENSES}`, readFileSync(join(dist, LICENSES), 'utf8')),
    text(`${info}/METADATA`, metadata()),
    text(
      `${info}/WHEEL`,
      `Wheel-Version: 1.0\nGenerator: wheelseal ${manifest.version}\nRoot-Is-Purelib: false\nTag: py3-none-${tag}\n`,
    ),
  ]
}

function metadata(): string {
  const readme = packedReadme(readFileSync(join(root, 'README.md'), 'utf8'))
  return `Metadata-Version: 2.4
Name: wheelseal
Version: ${manifest.version}
Summary: ${String(manifest['description'])}
License-Expression: Apache-2.0 AND MIT AND LGPL-2.0-only AND LGPL-2.1-only
License-File: ${LICENSES}
Requires-Python: >=3.8
Description-Content-Type: text/markdown

${readme}`
}

/** Every member but itself, by digest and size. */
function record(members: readonly Member[]): Member {
  const path = `wheelseal-${manifest.version}.dist-info/RECORD`
  const lines = members.map(({ path: member, bytes }) => {
    const digest = createHash('sha256').update(bytes).digest('base64url')
    return `${member},sha256=${digest},${bytes.length}\n`
  })
  return { path, bytes: Buffer.from(`${lines.join('')}${path},,\n`) }
}

/** The earliest time that an archive can hold, for the same bytes at any time. */
const EPOCH = new Date(1980, 0, 1)

async function writeZip(file: string, members: readonly Member[]): Promise<void> {
  const zip = new ZipFile()
  for (const { path, bytes, mode = 0o100644 } of members)
    zip.addBuffer(Buffer.from(bytes), path, {
      mtime: EPOCH,
      mode,
      compressionLevel: 9,
      forceDosTimestamp: true,
    })
  zip.end()
  await pipeline(zip.outputStream, createWriteStream(file))
}

const { values } = parseArgs({
  options: { platform: { type: 'string', multiple: true }, out: { type: 'string' } },
})
const dist = values.out === undefined ? join(root, 'dist') : resolve(values.out)
for (const platform of values.platform ?? [thisPlatform()])
  console.log(`built ${basename(await buildWheel(platform, dist))}`)
