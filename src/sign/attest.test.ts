import { generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeBase64Url, Secret, sha256, utf8 } from '../base/index.ts'
import { dsseSignedBytes, parseStatement, type DsseProposal } from '../formats/sigstore/index.ts'
import { buildLeaf, buildRoot, parseCertificate, spkiOf } from '../formats/x509/index.ts'
import { certificateIdentity, gitLabClaims, type IdTokenJob } from '../identity/index.ts'
import { entry } from '../verify/arrange.ts'
import { attestFiles, type AttestRequest } from './index.ts'

const NOW = 1_900_000_000
const issuerKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const validity = { serial: new Uint8Array([1]), notBeforeSeconds: NOW, notAfterSeconds: NOW + 600 }
const rootDer = buildRoot({
  ...validity,
  name: { organization: 'example.test', commonName: 'root' },
  key: issuerKey,
  spki: spkiOf(issuerKey),
})
const job: IdTokenJob = {
  project: { id: 7, path: 'acme/app', namespaceId: 3, namespacePath: 'acme', visibility: 'private' },
  user: { id: 1, login: 'lovelace', email: 'lovelace@example.test', accessLevel: 'owner' },
  pipeline: { id: 11, source: 'schedule' },
  job: { id: 12 },
  ref: { name: 'v1.0', type: 'tag', isProtected: true },
  sha: 'a'.repeat(40),
  configPath: 'ci/release.yml',
  runner: { id: 4, environment: 'gitlab-hosted' },
}
const claims = gitLabClaims(job, {
  issuer: 'https://gitlab.example/sub',
  audience: 'sigstore',
  issuedAtSeconds: NOW,
  lifetimeSeconds: 60,
  tokenId: 'an id',
})
const part = (json: object): string => encodeBase64Url(utf8(JSON.stringify(json)))
const identity = certificateIdentity(claims)

/** An authority whose certificates say this, and a log that notes what it is asked. */
function services(extensions = identity.extensions): { request: AttestRequest; asked: DsseProposal[] } {
  const asked: DsseProposal[] = []
  const request: AttestRequest = {
    files: ['a-1.tar.gz', 'b-1.tar.gz'].map((fileName) => ({ fileName, sha256: sha256(utf8(fileName)) })),
    kinds: ['publish', 'provenance'],
    token: new Secret(`${part({ alg: 'RS256' })}.${part(claims)}.AAAA`),
    clock: { nowMs: () => NOW * 1000, sleep: async () => undefined },
    authority: {
      issue: async ({ publicKey: spki }) => {
        const issuer = parseCertificate(rootDer)
        const leaf = buildLeaf({ ...validity, spki, issuer, issuerKey, uri: identity.san, extensions })
        return [leaf.complete([]), rootDer]
      },
    },
    log: {
      append: async (proposed) => {
        asked.push(proposed as DsseProposal)
        return { ...entry, logIndex: asked.length }
      },
      find: async () => [],
    },
  }
  return { request, asked }
}

describe('attestFiles', () => {
  it('makes every kind for every file, in their order, under one certificate', async () => {
    const { request, asked } = services()
    let done = 0
    const onEach = (): void => {
      done += 1
    }
    const made = await attestFiles({ ...request, onEach })
    expect(made.map(({ file, kind }) => `${file.fileName} ${kind}`)).toEqual([
      'a-1.tar.gz publish',
      'a-1.tar.gz provenance',
      'b-1.tar.gz publish',
      'b-1.tar.gz provenance',
    ])
    expect([done, asked.length]).toEqual([4, 4])
    expect(new Set(asked.flatMap(({ publicKeyPems }) => publicKeyPems)).size).toBe(1)
  })

  it('signs what it logs', async () => {
    const { request, asked } = services()
    await attestFiles(request)
    for (const proposal of asked) {
      const [key = '', ...others] = proposal.publicKeyPems
      const [signature = new Uint8Array()] = proposal.signatures
      expect(others).toEqual([])
      expect(verify('sha256', dsseSignedBytes(proposal), key, signature)).toBe(true)
    }
  })

  it('tells of the job what the certificate tells, and nothing of its user', async () => {
    const { request, asked } = services()
    await attestFiles({ ...request, kinds: ['provenance'] })
    const { predicate } = parseStatement(asked[0]!.payload)
    const source = 'https://gitlab.example/sub/acme/app'
    expect(predicate).toMatchObject({
      buildDefinition: {
        externalParameters: { source, ref: 'refs/tags/v1.0', config: identity.san },
        internalParameters: {
          gitlab: { project_id: '7', namespace_id: '3', pipeline_source: 'schedule' },
        },
      },
      runDetails: { builder: { id: identity.san }, metadata: { invocationId: `${source}/-/jobs/12` } },
    })
    expect(JSON.stringify(predicate)).not.toContain('lovelace')
    expect(JSON.stringify(predicate)).not.toContain('"environment"')
  })

  it.each(
    identity.extensions.map(({ arc }) => arc).filter((arc) => [9, 12, 13, 14, 18, 19, 21].includes(arc)),
  )('makes no provenance of a certificate without extension .%i, and logs nothing', async (arc) => {
    const { request, asked } = services(identity.extensions.filter((one) => one.arc !== arc))
    await expect(attestFiles(request)).rejects.toMatchObject({ code: 'sign.provenance' })
    expect(asked).toEqual([])
    expect(await attestFiles({ ...request, kinds: ['publish'] })).toHaveLength(2)
  })
})
