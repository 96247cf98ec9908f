import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openBench, run, type Bench } from '../support/bundle-clients.ts'
import { cosign3, present } from '../support/judges.ts'
import { schemaProblems } from '../support/json-schema.ts'
import { root, wheelseal, type Outcome } from '../support/program.ts'

const LONG_MS = 120_000
const FILE = 'demo-1.0.tar.gz'
const SHA256 = createHash('sha256').update('the bytes of a file').digest('hex')
const PUBLISH = 'https://docs.pypi.org/attestations/publish/v1'
const SLSA = 'https://slsa.dev/provenance/v1'

/** Who signs, for what: all are good signatures of the same pipeline. */
const STATEMENTS = {
  publish: { predicateType: PUBLISH, predicate: {} },
  build: { predicateType: SLSA, predicate: { buildDefinition: {}, runDetails: {} } },
  'of another name': { predicateType: PUBLISH, predicate: {}, name: 'other-1.0.tar.gz' },
  'of other bytes': { predicateType: PUBLISH, predicate: {}, sha256: '0'.repeat(64) },
  'of another kind': { predicateType: 'https://example.com/x/v1', predicate: {} },
} as const satisfies Record<string, Statement>
type Name = keyof typeof STATEMENTS

interface Statement {
  readonly predicateType: string
  readonly predicate: object
  readonly name?: string
  readonly sha256?: string
}

interface Bundle {
  readonly verificationMaterial: {
    readonly certificate: { readonly rawBytes: string }
    readonly tlogEntries: readonly object[]
  }
  readonly dsseEnvelope: {
    readonly payload: string
    readonly signatures: readonly { readonly sig: string }[]
  }
}

let bench: Bench
const attestations = new Map<string, object>()

/** In-toto statements of cosign 3.1.2, in the forms of PEP 740, against `wheelseal up`. */
describe.runIf(present(cosign3))('wheelseal verify with provenance', () => {
  beforeAll(async () => {
    bench = await openBench()
    await copyFile(join(bench.path, 'file'), join(bench.path, FILE))
    for (const [name, statement] of Object.entries(STATEMENTS)) await attest(name, statement)
    return bench.stop
  }, LONG_MS)

  it.each<[string, readonly (readonly Name[])[], number]>([
    ['one attestation', [['publish']], 1],
    ['several of one publisher', [['publish', 'build']], 2],
    ['those of several publishers', [['publish'], ['build', 'publish']], 3],
  ])(
    'takes %s, and tells how many hold',
    async (_what, groups, count) => {
      const { code, stdout, stderr } = await verify(groups, FILE)
      expect(code, stderr).toBe(0)
      if (count === 1) expect(stdout).not.toContain('attestations')
      else expect(stdout).toContain(`all ${count} attestations are valid, this is the first`)
      const byDigest = await verify(groups, `sha256:${SHA256}`)
      expect(byDigest.code, byDigest.stderr).toBe(0)
    },
    LONG_MS,
  )

  it.each<[Name, string]>([
    ['of another name', 'verify.attestation'],
    ['of other bytes', 'verify.attestation'],
    ['of another kind', 'verify.attestation'],
  ])(
    'refuses all for one %s, wherever it stands',
    async (bad, reason) => {
      for (const groups of [[['publish', bad]], [['build'], [bad]], [[bad, 'publish']]] as Name[][][]) {
        const { code, stdout, stderr } = await verify(groups, '--json', FILE)
        expect([code, stderr]).toEqual([1, expect.stringContaining(`[${reason}]`)])
        expect(JSON.parse(stdout)).toMatchObject({ verified: false, reason })
        expect(schemaProblems(await schema(), JSON.parse(stdout))).toEqual([])
      }
    },
    LONG_MS,
  )

  it(
    'does not believe what the object says of its publisher',
    async () => {
      const publisher = { kind: 'GitLab', repository: 'acme/other', workflow_filepath: '.gitlab-ci.yml' }
      expect((await verify([['publish']], FILE)).code).toBe(0)
      await writeFile(join(bench.path, 'lies.json'), provenance([['publish']], publisher))
      const asked = await wheelsealVerify('acme/other', '--provenance', 'lies.json', FILE)
      expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining('[verify.identity]')])
      expect((await wheelsealVerify('acme/tools', '--provenance', 'lies.json', FILE)).code).toBe(0)
    },
    LONG_MS,
  )

  it(
    'refuses an object of no attestation, and a signature in its place',
    async () => {
      for (const groups of [[], [[]]])
        expect((await verify(groups, FILE)).stderr).toContain('[verify.bundle]')
      await writeFile(join(bench.path, 'token'), await bench.token())
      const by = ['--identity-token-file', 'token', '--signing-config', 'signing_config.json']
      expect((await run(bench, [wheelseal, 'sign', '--no-legacy', ...by, FILE])).code).toBe(0)
      const bundle = `${FILE}.sigstore.json`
      const { code, stderr } = await wheelsealVerify('acme/tools', '--provenance', bundle, FILE)
      expect([code, stderr]).toEqual([1, expect.stringContaining('is a signature, not an attestation')])
    },
    LONG_MS,
  )

  it(
    'finds the publish attestation beside the file',
    async () => {
      await mkdir(join(bench.path, 'beside'))
      await copyFile(join(bench.path, FILE), join(bench.path, 'beside', FILE))
      const beside = join(bench.path, 'beside', `${FILE}.publish.attestation`)
      await writeFile(beside, JSON.stringify(attestations.get('publish')))
      const { code, stderr } = await wheelsealVerify('acme/tools', `beside/${FILE}`)
      expect(code, stderr).toBe(0)
      await writeFile(beside, JSON.stringify(attestations.get('of another name')))
      expect((await wheelsealVerify('acme/tools', `beside/${FILE}`)).stderr).toContain('[verify.attestation]')
    },
    LONG_MS,
  )
})

async function attest(name: string, made: Statement): Promise<void> {
  const { name: subject = FILE, sha256 = SHA256, predicateType, predicate } = made
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: subject, digest: { sha256 } }],
    predicateType,
    predicate,
  }
  await writeFile(join(bench.path, 'statement.json'), JSON.stringify(statement))
  const signed = await run(bench, [
    ...[cosign3, 'attest-blob', '--yes', '--identity-token', await bench.token()],
    ...['--signing-config', 'signing_config.json', '--trusted-root', 'trusted_root.json'],
    ...['--statement', 'statement.json', '--bundle', 'bundle.json'],
  ])
  expect(signed.code, signed.stderr).toBe(0)
  const bundle = JSON.parse(await readFile(join(bench.path, 'bundle.json'), 'utf8')) as Bundle
  const { certificate, tlogEntries } = bundle.verificationMaterial
  attestations.set(name, {
    version: 1,
    verification_material: { certificate: certificate.rawBytes, transparency_entries: tlogEntries },
    envelope: {
      statement: bundle.dsseEnvelope.payload,
      signature: bundle.dsseEnvelope.signatures[0]?.sig,
    },
  })
}

function provenance(
  groups: readonly (readonly Name[])[],
  publisher: object = { kind: 'GitLab', repository: 'acme/tools', workflow_filepath: '.gitlab-ci.yml' },
): string {
  const bundles = groups.map((names) => ({
    publisher,
    attestations: names.map((name) => attestations.get(name)),
  }))
  return JSON.stringify({ version: 1, attestation_bundles: bundles })
}

async function verify(groups: readonly (readonly Name[])[], ...args: readonly string[]): Promise<Outcome> {
  await writeFile(join(bench.path, 'provenance.json'), provenance(groups))
  return wheelsealVerify('acme/tools', '--provenance', 'provenance.json', ...args)
}

function wheelsealVerify(project: string, ...args: readonly string[]): Promise<Outcome> {
  const by = ['--project', project, '--certificate-oidc-issuer', bench.server.url]
  const from = ['--trusted-root', 'trusted_root.json', '--offline']
  return run(bench, [wheelseal, 'verify', ...by, ...from, ...args])
}

async function schema(): Promise<Record<string, unknown>> {
  const text = await readFile(join(root, 'schemas', 'verify-output.schema.json'), 'utf8')
  return JSON.parse(text) as Record<string, unknown>
}
