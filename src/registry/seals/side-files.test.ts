import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256, utf8 } from '../../base/index.ts'
import { hashedRekordBody, readCertificateFile, readSignatureFile } from '../../formats/sigstore/index.ts'
import { certificatePem, parseCertificate } from '../../formats/x509/index.ts'
import { keys, makeEntry, NOW } from '../../verify/arrange.ts'
import {
  ALICE,
  bytesOf,
  makeSeal,
  MALLORY,
  openBench,
  OTHER,
  PROJECT,
  publish,
  served,
  WHEEL,
  type Bench,
} from './arrange.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.close())

const describeWheel = async (project = PROJECT) => {
  const file = await publish(bench, { project })
  return bench.seals.describe(project, file)
}

describe('a side file of a distribution', () => {
  const good = makeSeal()
  const bundleName = `${WHEEL}.sigstore.json`

  it.each(['before', 'after'])('is judged when it is put %s the distribution', async (when) => {
    if (when === 'after') await publish(bench)
    await bench.put(bundleName, good.bundle)
    const { outcome, message, seals } = await describeWheel()
    expect(outcome).toBe('verified')
    expect(message).toContain(
      `${WHEEL} was signed by https://gitlab.example/acme/app//.gitlab-ci.yml@refs/heads/main`,
    )
    expect(seals).toMatchObject([{ kind: 'bundle', outcome: 'verified', files: [{ fileName: bundleName }] }])
    expect(seals[0]?.report?.checks).toHaveLength(19)
  })

  it('is one in the package of the project, as in the tutorial, and in no other package', async () => {
    await publish(bench)
    await bench.put(bundleName, good.bundle, { name: 'demo-other' })
    expect(await describeWheel()).toMatchObject({ outcome: 'none' })
    await bench.put(bundleName, good.bundle, { name: PROJECT.name })
    expect(await describeWheel()).toMatchObject({ outcome: 'verified' })
    await bench.put(bundleName, 'garbage', { name: PROJECT.name, by: MALLORY })
    expect(await served(bench, bundleName, { name: PROJECT.name })).toBe(good.bundle)
  })

  it('that does not verify never takes the place of one that does', async () => {
    await publish(bench)
    await bench.put(bundleName, good.bundle)
    await bench.put(bundleName, 'garbage', { by: MALLORY })
    await bench.put(bundleName, makeSeal({ project: OTHER }).bundle, { by: MALLORY })
    expect(await served(bench, bundleName)).toBe(good.bundle)
    expect(await describeWheel()).toMatchObject({ outcome: 'verified' })
  })

  it('that verifies takes the place of an older one', async () => {
    await publish(bench)
    await bench.put(bundleName, good.bundle)
    const newer = makeSeal({ ref: 'refs/tags/v1.0' }).bundle
    await bench.put(bundleName, newer)
    expect(await served(bench, bundleName)).toBe(newer)
  })

  it('that is put again, and is not the newest, takes no place', async () => {
    await publish(bench)
    await bench.put(bundleName, good.bundle)
    const newer = makeSeal({ ref: 'refs/tags/v1.0' }).bundle
    await bench.put(bundleName, newer, { version: '1.0.0' })
    await bench.put(bundleName, good.bundle)
    expect(await served(bench, bundleName)).toBe(newer)
  })

  it('is one bundle: several, one a line, are none', async () => {
    await publish(bench)
    await bench.put(bundleName, `${good.bundle}\n${good.bundle}\n`)
    expect(await describeWheel()).toMatchObject({ outcome: 'refused' })
  })

  it('is served as the newest while none verifies', async () => {
    await publish(bench)
    await bench.put(bundleName, 'one')
    await bench.put(bundleName, 'two')
    expect(await served(bench, bundleName)).toBe('two')
    expect(await describeWheel()).toMatchObject({ outcome: 'refused', seals: [{ outcome: 'refused' }] })
  })

  it('of another spelling of the version belongs to it too', async () => {
    await publish(bench)
    await bench.put(bundleName, good.bundle, { version: '1.0.0', name: 'Demo' })
    expect(await describeWheel()).toMatchObject({ outcome: 'verified' })
  })

  it.each([{ name: 'demo-evil' }, { version: '2.0' }])(
    'in the package of another is none: %o',
    async (place) => {
      await publish(bench)
      await bench.put(bundleName, good.bundle, place)
      expect(await describeWheel()).toMatchObject({ outcome: 'none', seals: [] })
    },
  )

  it('of another project is none', async () => {
    await publish(bench)
    await bench.put(bundleName, good.bundle, { project: OTHER })
    expect(await describeWheel()).toMatchObject({ outcome: 'none' })
  })

  it('that was deleted is served no more', async () => {
    await publish(bench)
    const { file } = await bench.put(bundleName, good.bundle)
    await bench.put(bundleName, 'garbage')
    await bench.context.files.changeFile(file.id, { deletedAtMs: 5 }, { atMs: 5 })
    expect(await served(bench, bundleName)).toBe('garbage')
  })
})

describe('who signed', () => {
  it.each([
    ['another file', makeSeal({ content: 'other bytes' }), 'verify.signature'],
    ['another project', makeSeal({ project: OTHER }), 'verify.identity'],
    ['a project of the same path and another id', makeSeal({ leaf: idLeaf('99') }), 'verify.claims'],
    ['a branch that is not the default one', makeSeal({ ref: 'refs/heads/feature' }), 'verify.identity'],
    ['a merge request', makeSeal({ ref: 'refs/merge-requests/7/head' }), 'verify.identity'],
    ['another configuration file', makeSeal({ configFile: 'other.yml' }), 'verify.identity'],
    ['a certificate that had ended', makeSeal({ leaf: { notAfterSeconds: NOW + 1 } }), 'verify.time'],
    ['a certificate of an unknown log', makeSeal({ leaf: { scts: [{ key: keys.stranger }] } }), 'verify.sct'],
    ['another authority', makeSeal({ leaf: { issuerKey: keys.stranger.key } }), 'verify.chain'],
  ])('must not be %s', async (_who, { bundle }, reason) => {
    await publish(bench)
    await bench.put(`${WHEEL}.sigstore.json`, bundle)
    const { outcome, seals } = await describeWheel()
    expect(outcome).toBe('refused')
    expect(seals[0]?.report).toMatchObject({ verified: false, reason })
  })

  it('of an attestation must have meant this file by its name', async () => {
    await publish(bench)
    const name = `${WHEEL}.publish.attestation`
    await bench.put(name, makeSeal({ fileName: 'demo-2.0-py3-none-any.whl' }).attestation)
    const refused = await describeWheel()
    expect(refused.seals[0]?.report).toMatchObject({ reason: 'verify.attestation' })
    await bench.put(name, makeSeal().attestation)
    expect(await describeWheel()).toMatchObject({ outcome: 'verified', seals: [{ kind: 'attestation' }] })
  })
})

function anyOf(identity: string): string {
  return `version = 1\n[unlisted]\n[[unlisted.any_of]]\nissuer = "https://gitlab.example"\nidentity = "${identity}"\n`
}

/** What the log would have for a signature with another certificate of its key. */
function entryOf(sig: string, crt: string) {
  const certificate = parseCertificate(readCertificateFile(utf8(crt)))
  const body = hashedRekordBody({
    algorithm: 'sha256',
    digest: sha256(bytesOf(WHEEL)),
    signature: readSignatureFile(utf8(sig)),
    publicKeyPem: certificatePem(certificate.der),
  })
  return makeEntry({ body, certificate })
}

function idLeaf(id: string) {
  const issuer = 'https://gitlab.example'
  return {
    extensions: [
      { arc: 1, value: issuer },
      { arc: 8, value: issuer },
      { arc: 12, value: `${issuer}/acme/app` },
      { arc: 15, value: id },
    ],
  }
}

describe('signature and certificate', () => {
  const good = makeSeal()

  it.each([
    ['.sig', '.crt'],
    ['.crt', '.sig'],
  ])('are judged as one when %s comes first, with the entry of the log', async (first, second) => {
    bench.entries = [good.entry]
    await publish(bench)
    const texts: Record<string, string> = { '.sig': good.sig, '.crt': good.crt }
    await bench.put(`${WHEEL}${first}`, texts[first]!)
    expect(await describeWheel()).toMatchObject({ outcome: 'refused' })
    await bench.put(`${WHEEL}${second}`, texts[second]!)
    expect(await describeWheel()).toMatchObject({
      outcome: 'verified',
      seals: [{ kind: 'pair', files: [{ fileName: `${WHEEL}.sig` }, { fileName: `${WHEEL}.crt` }] }],
    })
  })

  it('are served together, whatever comes after them', async () => {
    bench.entries = [good.entry]
    await publish(bench)
    await bench.put(`${WHEEL}.sig`, good.sig)
    await bench.put(`${WHEEL}.crt`, good.crt)
    const other = makeSeal({ project: OTHER })
    await bench.put(`${WHEEL}.crt`, other.crt, { by: MALLORY })
    await bench.put(`${WHEEL}.sig`, other.sig, { by: MALLORY })
    expect([await served(bench, `${WHEEL}.sig`), await served(bench, `${WHEEL}.crt`)]).toEqual([
      good.sig,
      good.crt,
    ])
  })

  it('stay together when another certificate of the same key comes', async () => {
    const other = makeSeal({ project: OTHER })
    bench.entries = [good.entry, entryOf(good.sig, other.crt)]
    await publish(bench)
    await bench.put(`${WHEEL}.sig`, good.sig)
    await bench.put(`${WHEEL}.crt`, good.crt)
    await bench.put(`${WHEEL}.crt`, other.crt, { by: MALLORY })
    const policy = anyOf(`https://gitlab.example/acme/app//.gitlab-ci.yml@refs/heads/main`)
    await bench.seals.setRule(PROJECT, { kind: 'policy', policy })
    await bench.seals.idle()
    expect(await describeWheel()).toMatchObject({ outcome: 'verified' })
  })

  it('find each other between many of another user', async () => {
    bench.entries = [good.entry]
    await publish(bench)
    await bench.put(`${WHEEL}.sig`, good.sig, { by: ALICE })
    for (let at = 0; at < 9; at += 1) await bench.put(`${WHEEL}.sig`, `garbage ${at}`, { by: MALLORY })
    for (let at = 0; at < 9; at += 1) await bench.put(`${WHEEL}.crt`, `garbage ${at}`, { by: MALLORY })
    await bench.put(`${WHEEL}.crt`, good.crt, { by: ALICE })
    expect(await describeWheel()).toMatchObject({ outcome: 'verified' })
    expect(await served(bench, `${WHEEL}.sig`)).toBe(good.sig)
  })

  it('of which the log has no entry are refused', async () => {
    await publish(bench)
    await bench.put(`${WHEEL}.sig`, good.sig)
    await bench.put(`${WHEEL}.crt`, good.crt)
    const { outcome, seals, judgedAgainAt } = await describeWheel()
    expect([outcome, judgedAgainAt]).toEqual(['refused', null])
    expect(seals[0]?.report).toMatchObject({ reason: 'verify.logged' })
  })

  it('are not judged while the log does not answer, and are judged again later', async () => {
    bench.entries = undefined
    await publish(bench)
    await bench.put(`${WHEEL}.sig`, good.sig)
    await bench.put(`${WHEEL}.crt`, good.crt)
    expect(await describeWheel()).toMatchObject({ outcome: 'undecided', judgedAgainAt: expect.any(String) })
    bench.entries = [good.entry]
    bench.nowMs += 60_000
    bench.seals.start()
    await expect.poll(async () => (await describeWheel()).outcome).toBe('verified')
  })

  it('that are no signature of the file cost the log nothing', async () => {
    await publish(bench)
    await bench.put(`${WHEEL}.sig`, makeSeal({ content: 'other' }).sig)
    await bench.put(`${WHEEL}.crt`, good.crt)
    expect(bench.asked).toEqual([])
    await bench.put(`${WHEEL}.sig`, good.sig)
    expect(bench.asked).toHaveLength(1)
  })
})
