/** Files of PyPI with the attestations that PyPI has of them, under the trust root of public Sigstore, offline. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { sha256Of, type Distribution } from '../support/gate-packages.ts'
import { startGateServer, type GateServer } from '../support/gate-server.ts'
import { startGateUpstream, type GateUpstream, type Offer } from '../support/gate-upstream.ts'
import { INSTALLERS, newConsumer } from '../support/installers.ts'
import { attestations, present, python, uv } from '../support/judges.ts'
import { root, runProgram, wheelseal } from '../support/program.ts'
import {
  distributionOf,
  provenanceAround,
  readAsset,
  readPublishedFiles,
  type PublishedFile,
} from '../support/public-attestations.ts'
import { temporaryFolder } from '../support/server.ts'

const LONG_MS = 120_000
const UPLOADED_AT_MS = Date.UTC(2026, 0, 1)
const WHEEL = 'circleci-sign-publish-example'
/** Signed at Sigstore's place for trials. */
const STAGED = 'rfc8785-0.1.2-py3-none-any.whl'

/** What differs from what PyPI has, and the code by which a gate refuses every file then. */
const VARIANTS = {
  honest: null,
  stranger: /^verify\.(identity|claims)$/,
  bytes: /^verify\.attestation$/,
  signature: /^verify\.signature$/,
  // Of its gate the file has the seals of the one before, too.
  swapped: /^verify\.(attestation|signature)$/,
} as const
type Variant = keyof typeof VARIANTS
const variants = Object.keys(VARIANTS) as readonly Variant[]

interface Shown {
  readonly file: Distribution
  readonly provenance: Buffer
  readonly flags: readonly string[]
}

describe.runIf(present(attestations, python, uv))('attestations of PyPI at a gate', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let published: readonly PublishedFile[]
  const servers = new Map<Variant, GateServer>()
  const upstreams = new Map<Variant, GateUpstream>()

  beforeAll(async () => {
    folder = await temporaryFolder()
    published = await readPublishedFiles()
    for (const variant of variants) upstreams.set(variant, await startGateUpstream(offersOf(variant)))
    upstreams.get('honest')?.offer(await stagedOffer())
    // A gate keeps every seal of a file, so that one which has seen the good ones would go on to count them.
    await Promise.all([
      started('seen', ['honest', 'stranger', 'bytes']),
      started('new', ['signature', 'swapped']),
    ])
  }, LONG_MS)
  afterAll(async () => {
    for (const server of new Set(servers.values())) await server.stop()
    for (const upstream of upstreams.values()) await upstream.close()
    await folder.remove()
  })

  it('lets all through that PyPI names the signer of', { timeout: LONG_MS }, async () => {
    const answers = await Promise.all(published.map(({ file }) => asked('honest', file)))
    expect(answers.map(({ status, sha256 }) => [status, sha256])).toEqual(
      published.map(({ file }) => [200, file.sha256]),
    )
    expect(published.filter(({ isOfPypi }) => isOfPypi)).toHaveLength(3)
  })

  it.each(variants.filter((name) => VARIANTS[name] !== null))(
    'refuses every file where it is otherwise: %s',
    { timeout: LONG_MS },
    async (variant) => {
      for (const { file } of shownIn(variant)) {
        const { status, reason } = await asked(variant, file)
        expect([status, codeIn(reason)], reason).toEqual([
          403,
          expect.stringMatching(VARIANTS[variant] ?? ''),
        ])
      }
    },
  )

  it('refuses what another Sigstore has signed', { timeout: LONG_MS }, async () => {
    const { status, reason } = await asked('honest', distributionOf(STAGED, await readAsset(STAGED)))
    expect([status, codeIn(reason)], reason).toEqual([403, 'verify.chain'])
  })

  it('decides as pypi-attestations does of the same files, by a lock', { timeout: LONG_MS }, async () => {
    const theirs: Record<string, readonly boolean[]> = {}
    const ours: Record<string, readonly boolean[]> = {}
    const codes = await verifiedByThem(variants)
    for (const [at, variant] of variants.entries()) {
      theirs[variant] = codes.slice(at * published.length, (at + 1) * published.length)
      ours[variant] = await audited(variant)
    }
    expect(ours).toEqual(theirs)
    const all = published.map(() => true)
    const none = published.map(() => false)
    expect(theirs).toEqual({ honest: all, stranger: none, bytes: none, signature: none, swapped: none })
  })

  const clients = INSTALLERS.filter(({ name }) => name === 'pip 26.3' || name === 'uv')
  it.each(clients)(
    'has $name install an attested wheel of PyPI, and tells it why another signer is refused',
    { timeout: LONG_MS },
    async (installer) => {
      const requirement = `${WHEEL}==0.0.1.dev137`
      const run = async (gate: Variant) => {
        const consumer = await newConsumer({
          installer,
          aim: { index: indexOf(gate) },
          wanted: { requirement },
        })
        const outcome = await consumer.run('install')
        await consumer.place.remove()
        return outcome
      }
      const allowed = await run('honest')
      expect([allowed?.code, allowed?.installed], allowed?.output).toEqual([0, { [WHEEL]: '0.0.1.dev137' }])
      const refused = await run('stranger')
      expect(refused?.installed).toEqual({})
      expect(refused?.output).toMatch(/\(verify\.identity\): circleci-sign-publish-example .* was signed by /)
    },
  )

  it('has pip download it, with the digest that PyPI attests', { timeout: LONG_MS }, async () => {
    const into = join(folder.path, 'downloaded')
    const argv = [
      '--isolated',
      'download',
      '--quiet',
      '--pre',
      '--no-deps',
      '--no-cache-dir',
      '--dest',
      into,
      WHEEL,
    ]
    const index = ['--index-url', indexOf('honest')]
    const outcome = await runProgram([python, '-m', 'pip', ...argv, ...index])
    expect(outcome.code, outcome.stderr).toBe(0)
    const [wheel] = await readdir(into)
    expect(published.map(({ file }) => [file.fileName, file.sha256])).toContainEqual([
      wheel,
      sha256Of(await readFile(join(into, String(wheel)))),
    ])
  })

  async function started(name: string, those: readonly Variant[]): Promise<void> {
    const server = await startGateServer({
      folder: join(folder.path, name),
      address: await ownAddress(),
      trustedRoot: 'public',
      // Only the root that was shipped: nothing here may ask the world.
      env: { HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '' },
      gates: those.map((one) => ({
        name: one,
        policy: policyOf(one),
        upstreamUrl: upstreams.get(one)?.url ?? '',
      })),
    })
    for (const one of those) servers.set(one, server)
  }

  function indexOf(gate: Variant): string {
    return servers.get(gate)?.index(gate) ?? ''
  }

  function offersOf(variant: Variant): readonly Offer[] {
    return shownIn(variant).map(({ file, provenance }) => ({
      file,
      provenance,
      uploadedAtMs: UPLOADED_AT_MS,
    }))
  }

  function shownIn(variant: Variant): readonly Shown[] {
    return published.map((one, at) =>
      shown(one, { variant, next: published[(at + 1) % published.length] ?? one }),
    )
  }

  function policyOf(variant: Variant): string {
    const rules = published.map(({ signer, stranger }) => (variant === 'stranger' ? stranger : signer))
    const staged = `names = ["rfc8785"]\n[[rules.any_of]]\nissuer = "https://github.com/login/oauth"\nidentity = "william@yossarian.net"\n`
    return ['version = 1', ...[...rules, staged].map((rule) => `[[rules]]\n${rule}`)].join('\n')
  }

  async function linkOf(gate: Variant, { name, fileName }: Distribution): Promise<URL> {
    const page = `${indexOf(gate)}${name}/`
    const text = await (await fetch(page)).text()
    const [, href = ''] =
      [...text.matchAll(/href="([^"#]*)/g)].find(([, one]) => one?.endsWith(fileName)) ?? []
    expect(href, text).not.toBe('')
    return new URL(href, page)
  }

  async function asked(gate: Variant, file: Distribution) {
    const answer = await fetch(await linkOf(gate, file))
    const sha256 = sha256Of(Buffer.from(await answer.arrayBuffer()))
    return { status: answer.status, reason: answer.statusText, sha256 }
  }

  /** Whether each file of the lock is served as sealed. */
  async function audited(variant: Variant): Promise<readonly boolean[]> {
    const lock = join(folder.path, `pylock.${variant}.toml`)
    const tables = await Promise.all(
      shownIn(variant).map(async ({ file }) => lockedFile(file, await linkOf(variant, file))),
    )
    await writeFile(lock, ['lock-version = "1.0"\ncreated-by = "tests"\n', ...tables].join('\n'))
    const gate = indexOf(variant).replace(/simple\/$/, '')
    const { stdout, stderr } = await runProgram([wheelseal, 'audit', lock, '--gate', gate, '--json'])
    const { distributions } = JSON.parse(stdout || stderr) as {
      distributions: { name: string; state: string }[]
    }
    return published.map(
      ({ file }) => distributions.find(({ name }) => name === file.name)?.state === 'sealed',
    )
  }

  /** The same files and objects, in the same order, variant by variant. */
  async function verifiedByThem(all: readonly Variant[]): Promise<readonly boolean[]> {
    const argvs: string[] = []
    for (const variant of all) {
      const place = join(folder.path, variant)
      await mkdir(place)
      for (const { file, provenance, flags } of shownIn(variant)) {
        const path = join(place, file.fileName)
        await writeFile(path, file.bytes)
        await writeFile(`${path}.provenance`, provenance)
        const argv = [
          'verify',
          'pypi',
          '--offline',
          ...flags,
          '--provenance-file',
          `${path}.provenance`,
          path,
        ]
        argvs.push(JSON.stringify(argv))
      }
    }
    const client = join(root, 'tests', 'support', 'pypi-attestations.py')
    const { stdout, stderr } = await runProgram([python, client, ...argvs])
    expect(stdout, stderr).not.toBe('')
    return (JSON.parse(stdout) as readonly number[]).map((code) => code === 0)
  }
})

function shown(
  { file, provenance, signerFlags, strangerFlags }: PublishedFile,
  { variant, next }: { readonly variant: Variant; readonly next: PublishedFile },
): Shown {
  const flags = variant === 'stranger' ? strangerFlags : signerFlags
  if (variant === 'bytes') {
    const changed = distributionOf(file.fileName, Buffer.concat([file.bytes, Buffer.from([0])]))
    return { file: changed, provenance, flags }
  }
  if (variant === 'signature') return { file, provenance: withOtherSignature(provenance), flags }
  return { file, provenance: variant === 'swapped' ? next.provenance : provenance, flags }
}

/** Every signature is that of something else. */
function withOtherSignature(provenance: Buffer): Buffer {
  const twentyFirst = /(?<="signature": ?".{20})./g
  const text = provenance.toString().replaceAll(twentyFirst, (one) => (one === 'A' ? 'B' : 'A'))
  return Buffer.from(text)
}

function lockedFile({ name, version, fileName, sha256 }: Distribution, url: URL): string {
  const file = `{ name = "${fileName}", url = "${url.href}", hashes = { sha256 = "${sha256}" } }`
  const distribution = fileName.endsWith('.whl') ? `wheels = [${file}]` : `sdist = ${file}`
  return `[[packages]]\nname = "${name}"\nversion = "${version}"\n${distribution}\n`
}

function codeIn(reason: string): string {
  return /\(([a-z.-]+)\):/.exec(reason)?.[1] ?? ''
}

async function stagedOffer(): Promise<Offer> {
  const provenance = provenanceAround(await readAsset(`${STAGED}.publish.attestation`), { kind: 'GitHub' })
  const file = distributionOf(STAGED, await readAsset(STAGED))
  return { file, provenance, uploadedAtMs: UPLOADED_AT_MS }
}
