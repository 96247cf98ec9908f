/**
 * No commit names the host of a package registry (configuration takes an index URL) or a path of one machine. Hosts
 * that a specification fixes stand in the one file that is let through.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const letThrough = new Set<string>(['scripts/forbidden.ts'])
const dot = String.raw`\.`
const hosts = [
  'pypi',
  'test.pypi',
  'registry.npmjs',
  'files.pythonhosted',
  'proxy.golang',
  'repo1.maven',
  'crates',
]
const patterns = [
  new RegExp(
    `(^|[^A-Za-z0-9.-])(${hosts.map((host) => host.replaceAll('.', dot)).join('|')})${dot}(org|io)\\b`,
  ),
  /(^|[^A-Za-z0-9_.-])\/(work|farm|root)\/[a-z.]/,
]

const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
})
  .toString()
  .split('\0')
  .filter((file) => file !== '' && !letThrough.has(file))

const hits = files.flatMap((file) =>
  readFileSync(join(root, file), 'utf8')
    .split('\n')
    .flatMap((line, index) =>
      patterns.some((pattern) => pattern.test(line))
        ? [`${file}:${index + 1}: ${line.trim().slice(0, 120)}`]
        : [],
    ),
)

for (const hit of hits) console.error(hit)
console.log(`forbidden names: ${files.length} files read, ${hits.length} found`)
process.exitCode = hits.length === 0 && files.length > 0 ? 0 : 1
