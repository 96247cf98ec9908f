import { type Node } from '../../ciconfig/index.ts'

import type { PlacedCommand, Project } from '../project/project.ts'

import {
  expandedOnce,
  hit,
  hitAt,
  isChecksum,
  sequences,
  setVariables,
  started,
  type Started,
  everywhere,
} from './look.ts'

import { pipeline, type Rule } from './rule.ts'

const RUNS = new Set([
  'sh',
  'bash',
  'python',
  'python3',
  'chmod',
  'install',
  'mv',
  'tar',
  'unzip',
  'dpkg',
  'apt',
  'apt-get',
  'source',
  '.',
  'perl',
  'ruby',
  'node',
])

/** An address of the web that is not the project's own registry. */
function isFromWeb({ invocation }: Started): boolean {
  return invocation.args.some(({ text }) => {
    const isUrl = text.startsWith('//') || /^https?:/.test(text)
    return isUrl && !/CI_API_V4_URL|CI_SERVER|\/api\/v4\/projects\//.test(text)
  })
}

function isRunLater({ all, index, command }: Started): boolean {
  if (command.after === '|') {
    const next = all.slice(index + 1, index + 50).find((one) => one.command.before === '|')
      ?.invocation?.program
    return next !== undefined && (RUNS.has(next) || next === 'sudo')
  }
  return index < lastRun(all)
}

const lastRuns = new WeakMap<readonly PlacedCommand[], number>()

/** The last place where something is run, moved or unpacked; asked for each download. */
function lastRun(all: readonly PlacedCommand[]): number {
  const last = lastRuns.get(all) ?? all.findLastIndex(runs)
  lastRuns.set(all, last)
  return last
}

function runs({ invocation }: PlacedCommand): boolean {
  if (invocation === undefined || !RUNS.has(invocation.program)) return false
  const isMode = invocation.program === 'chmod' && !invocation.args.some(({ text }) => /x|7|5/.test(text))
  const isPackage =
    invocation.program.startsWith('apt') && !invocation.args.some(({ text }) => text.endsWith('.deb'))
  return !isMode && !isPackage
}

const unverifiedTool: Rule = {
  code: 'WS501',
  severity: 'error',
  title: 'a program fetched and run unchecked',
  what: '`wget` or `curl` fetches a program, or an archive or script, that is run, moved or unpacked, and no checksum or signature of it is compared in the same job or page.',
  consequence: 'An attacker who replaces it decides what is signed, and which files are verified.',
  fix: 'Compare its digest before it runs: `echo "DIGEST  cosign" | sha256sum --check`; or take it from the package index by hash.',
  source: ['SLSA v1.0, "Verifying artifacts"', 'OpenSSF Scorecard, Pinned-Dependencies'],
  traps: ['S7'],
  bad: pipeline(`tool:
  script:
    - wget -O tool https://downloads.example.com/tool
    - chmod +x tool && mv tool /usr/local/bin/
`),
  good: pipeline(`tool:
  script:
    - wget -O tool https://downloads.example.com/tool
    - echo "0000000000000000000000000000000000000000000000000000000000000000  tool" | sha256sum --check
    - chmod +x tool && mv tool /usr/local/bin/
`),
  *check(project) {
    for (const sequence of sequences(project))
      for (const placed of sequence.commands.some(isChecksum) ? [] : started(sequence, 'wget', 'curl'))
        if (isFromWeb(placed) && isRunLater(placed))
          yield hit(placed, placed.invocation.at, 'what is fetched is run, and never checked')
  },
}

type Version = readonly [number, number, number]

/** The first version of each line that has none of the known holes in verification. */
const ADVISORIES: readonly { readonly below: Version; readonly from: Version; readonly names: string }[] = [
  { from: [0, 0, 0], below: [2, 2, 4], names: 'GHSA-88jx-383q-w4qc, GHSA-95pr-fxf5-86gv' },
  { from: [0, 0, 0], below: [2, 6, 2], names: 'GHSA-whqx-f9j3-ch6m' },
  { from: [3, 0, 0], below: [3, 0, 4], names: 'GHSA-whqx-f9j3-ch6m' },
  { from: [0, 0, 0], below: [2, 6, 5], names: 'GHSA-fx35-mq7g-6g98' },
]

function isBelow(a: Version, b: Version): boolean {
  const index = a.findIndex((part, place) => part !== b[place])
  return index >= 0 && (a[index] ?? 0) < (b[index] ?? 0)
}

function advisoriesOf(text: string): readonly string[] {
  const [, major, minor, patch] = /^v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})$/.exec(text) ?? []
  if (major === undefined) return []
  const version: Version = [Number(major), Number(minor), Number(patch)]
  return ADVISORIES.filter(({ from, below }) => !isBelow(version, from) && isBelow(version, below)).map(
    ({ names }) => names,
  )
}

const COSIGN_VERSION =
  /cosign\/releases\/download\/(v?[\d.]+)\/|\/cosign(?:\/v\d)?\/cmd\/cosign@(v[\d.]+)|cosign:(v?[\d.]+)/

const oldCosign: Rule = {
  code: 'WS502',
  severity: 'error',
  title: 'a cosign with known holes',
  what: 'A download, an image or a variable `COSIGN_VERSION` names a version for which security advisories exist.',
  consequence:
    'A bundle can be made that this version accepts although it proves nothing, or a registry can exhaust its memory.',
  fix: 'Use the newest release, or `wheelseal`, which needs no download.',
  source: ['GHSA-88jx-383q-w4qc', 'GHSA-95pr-fxf5-86gv', 'GHSA-whqx-f9j3-ch6m', 'GHSA-fx35-mq7g-6g98'],
  traps: ['S8'],
  bad: { 'README.md': '```sh\ngo install github.com/sigstore/cosign/v2/cmd/cosign@v2.2.3\n```\n' },
  good: { 'README.md': '```sh\ngo install github.com/sigstore/cosign/v2/cmd/cosign@v2.6.5\n```\n' },
  *check(project) {
    for (const placed of everywhere(project))
      for (const word of placed.command.words) {
        const what = holesOf(versionIn(expandedOnce(word.text, placed.job)))
        if (what !== undefined) yield hit(placed, word, what)
      }
    for (const { name, node } of setVariables(project)) {
      const what = name === 'COSIGN_VERSION' ? holesOf(String(node.value)) : undefined
      if (what !== undefined) yield hitAt(node.at, what)
    }
    for (const { node, text } of images(project)) {
      const what = holesOf(versionIn(text))
      if (what !== undefined) yield hitAt(node.at, what)
    }
  },
}

function versionIn(text: string): string {
  const [, download, module, image] = COSIGN_VERSION.exec(text) ?? []
  return download ?? module ?? image ?? ''
}

function holesOf(version: string): string | undefined {
  const names = advisoriesOf(version)
  return names.length === 0 ? undefined : `cosign ${version} has ${names.join(', ')}`
}

export interface WrittenImage {
  readonly node: Node
  /** With the variables put in. */
  readonly text: string
  readonly job: string
}

export function* images({ pipeline: planned }: Project): Generator<WrittenImage> {
  for (const job of planned?.jobs ?? []) {
    const value = job.keywords.entries.get('image')?.value
    const node = value?.kind === 'map' ? value.entries.get('name')?.value : value
    if (node?.kind === 'scalar') yield { node, text: expandedOnce(String(node.value), job), job: job.name }
  }
}

export const toolRules: readonly Rule[] = [unverifiedTool, oldCosign]
