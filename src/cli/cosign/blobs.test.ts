import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { utf8, utf8Decode } from '../../base/index.ts'
import { readCertificateFile } from '../../formats/sigstore/index.ts'
import { certificatePem } from '../../formats/x509/index.ts'
import { cosignBundle, envelopeBundle } from '../../verify/attacks/arrange.ts'
import { CHECK_NAMES } from '../../verify/index.ts'
import {
  clock,
  FULCIO,
  ISSUER,
  NOW,
  openSession,
  openSigstore,
  REKOR,
  SAN,
  type Session,
  type Sigstore,
} from './arrange.ts'
import { runCosign } from './index.ts'

let sigstore: Sigstore
beforeAll(async () => {
  sigstore = await openSigstore()
})
beforeEach(() => {
  clock.seconds = NOW
  sigstore.asked.length = 0
})

const outputs = ['--output-signature', 'demo.sig', '--output-certificate', 'demo.crt']
/** As in the tutorial. */
const sign = (io: Session, token: string, ...more: string[]): Promise<number> =>
  runCosign(
    [
      'sign-blob',
      '--yes',
      `--fulcio-url=${FULCIO}`,
      `--rekor-url=${REKOR}`,
      ...['--oidc-issuer', ISSUER, '--identity-token', token],
      ...(more.length === 0 ? [...outputs, 'demo.whl'] : more),
    ],
    io,
  )
const verify = (io: Session, ...more: string[]): Promise<number> =>
  runCosign(
    [
      'verify-blob',
      ...['--signature', 'demo.sig', '--certificate', 'demo.crt'],
      ...['--certificate-identity', SAN, '--certificate-oidc-issuer', ISSUER],
      ...(more.length === 0 ? ['demo.whl'] : more),
    ],
    io,
  )
const signed = async (env: Record<string, string> = {}): Promise<Session> => {
  const io = openSession(sigstore, env)
  expect(await sign(io, await sigstore.token())).toBe(0)
  return io
}

describe('sign-blob', () => {
  it('writes the files of cosign 2.2.3 and says where the entry is', async () => {
    const io = await signed()
    const [signature, certificate] = ['demo.sig', 'demo.crt'].map((name) => utf8Decode(io.disk.get(name)!))
    expect(signature).toMatch(/^[A-Za-z0-9+/]{90,96}={0,2}$/)
    const pem = Buffer.from(certificate!, 'base64').toString()
    expect(pem).toBe(certificatePem(readCertificateFile(utf8(certificate!))))
    expect(Buffer.from(pem).toString('base64')).toBe(certificate)
    expect(io.err()).toMatch(/tlog entry created with index: [1-9]/)
    expect(io.err()).toContain('Wrote signature to file demo.sig')
    expect(io.out()).toBe('')
    expect(sigstore.asked).toEqual(['POST /api/v1/signingCert', 'POST /api/v1/log/entries'])
  })

  it('takes the token out of the process list before anything else, and never prints it', async () => {
    const token = await sigstore.token()
    for (const io of [openSession(sigstore), openSession(sigstore, { SIGSTORE_ROOT_FILE: 'absent' })]) {
      await sign(io, token)
      expect(io.isHidden()).toBe(true)
      expect(io.out() + io.err()).not.toContain(token.slice(0, 20))
    }
  })

  it('prints signatures without output flags, with one certificate for all files', async () => {
    const io = openSession(sigstore)
    io.disk.set('demo.tar.gz', utf8('the bytes of an sdist'))
    expect(await sign(io, await sigstore.token(), 'demo.whl', 'demo.tar.gz')).toBe(0)
    const lines = io.out().trim().split('\n')
    expect(new Set(lines).size).toBe(2)
    expect(sigstore.asked.filter((line) => line.endsWith('signingCert'))).toHaveLength(1)
  })

  it('takes the token from SIGSTORE_ID_TOKEN, COSIGN_IDENTITY_TOKEN, or a file', async () => {
    const token = await sigstore.token()
    const plain = ['sign-blob', '--yes', ...outputs, 'demo.whl']
    for (const env of [{ SIGSTORE_ID_TOKEN: token }, { COSIGN_IDENTITY_TOKEN: token }]) {
      expect(await runCosign(plain, openSession(sigstore, env))).toBe(0)
    }
    const io = openSession(sigstore)
    io.disk.set('token', utf8(`${token}\n`))
    expect(await sign(io, 'token')).toBe(0)
  })

  it.each([
    ['no token', '', 'sign.token-missing'],
    ['a file that is not there', 'absent', 'sign.token-malformed'],
    ['a damaged token', 'eyJhbGciOiJSUzI1NiJ9.e30', 'sign.token-malformed'],
    ['a token without claims', 'eyJhbGciOiJSUzI1NiJ9.e30.AAAA', 'sign.token-malformed'],
  ])('refuses %s before it asks anybody', async (_what, token, code) => {
    const io = openSession(sigstore)
    expect(await sign(io, token)).toBe(1)
    expect(io.err()).toContain(`[${code}]`)
    expect(sigstore.asked).toEqual([])
    expect(io.disk.has('demo.sig')).toBe(false)
  })

  it('names the lines to add for another audience, and refuses an expired token', async () => {
    const other = openSession(sigstore)
    expect(await sign(other, await sigstore.token({ audience: 'pypi' }))).toBe(1)
    expect(other.err()).toMatch(/audience of the id token is "pypi".*id_tokens: .*aud: sigstore/s)
    const late = openSession(sigstore)
    const token = await sigstore.token({ lifetimeSeconds: 60 })
    clock.seconds += 61
    expect(await sign(late, token)).toBe(1)
    expect(late.err()).toContain('[sign.token-expired]')
    expect(sigstore.asked).toEqual([])
  })

  it('writes nothing when its own seal does not verify', async () => {
    const io = openSession(sigstore)
    io.disk.set('rekor.pub', utf8((await openSigstore()).pem.rekor))
    expect(await sign(io, await sigstore.token())).toBe(1)
    expect(io.err()).toContain('[sign.refused]')
    expect(io.disk.has('demo.sig')).toBe(false)
  })

  it('leaves no half of a pair', async () => {
    const io = openSession(sigstore)
    const pair = ['--output-signature', 'demo.sig', '--output-certificate', 'full/demo.crt', 'demo.whl']
    expect(await sign(io, await sigstore.token(), ...pair)).toBe(1)
    expect(io.disk.has('demo.sig')).toBe(false)
    expect(io.err()).toContain('the disk is full')
  })

  it('asks for consent, and for a file for each signature', async () => {
    const token = await sigstore.token()
    const io = openSession(sigstore)
    expect(await runCosign(['sign-blob', '--identity-token', token, 'demo.whl'], io)).toBe(1)
    expect(io.err()).toContain('[cosign.confirmation]')
    const agreed = openSession(sigstore, { COSIGN_YES: 'true' })
    expect(await runCosign(['sign-blob', '--identity-token', token, 'demo.whl'], agreed)).toBe(0)
    const two = openSession(sigstore)
    expect(await sign(two, token, ...outputs, 'demo.whl', 'demo.whl')).toBe(1)
  })

  it('hands on what the authority says', async () => {
    const io = openSession(sigstore)
    const stranger = await openSigstore()
    expect(await sign(io, await stranger.token())).toBe(1)
    expect(io.err()).toMatch(/signingCert answered 400: .*\[net.refused\]/)
  })

  it('gives up after four attempts on a service that is not there', async () => {
    const io = openSession(sigstore)
    const code = await runCosign(
      [
        'sign-blob',
        '--yes',
        '--fulcio-url',
        'http://absent.test',
        '--identity-token',
        await sigstore.token(),
        'demo.whl',
      ],
      io,
    )
    expect([code, io.err().includes('[net.unreachable]')]).toEqual([1, true])
  })
})

describe('verify-blob', () => {
  it('says Verified OK, and who signed', async () => {
    const io = await signed()
    clock.seconds += 10_000
    expect(await verify(io)).toBe(0)
    expect(io.err()).toContain('Verified OK\n')
    expect(io.err()).toContain(
      'Trust root: SIGSTORE_ROOT_FILE=roots.pem SIGSTORE_REKOR_PUBLIC_KEY=rekor.pub ',
    )
    expect(io.err()).toContain(`demo.whl was signed by ${SAN}`)
    expect(sigstore.asked.at(-1)).toBe('POST /api/v1/log/entries/retrieve')
  })

  it('takes the signature itself in place of its file, and the certificate as PEM', async () => {
    const io = await signed()
    const signature = utf8Decode(io.disk.get('demo.sig')!)
    io.disk.set('demo.pem', Buffer.from(utf8Decode(io.disk.get('demo.crt')!), 'base64'))
    expect(await verify(io, '--signature', signature, '--certificate=demo.pem', 'demo.whl')).toBe(0)
  })

  it('takes no attestation for a signature, also where a signature is given beside it', async () => {
    const io = await signed()
    const bundle = cosignBundle()
    const { payload, payloadType, signatures } = envelopeBundle().dsseEnvelope
    const envelope = JSON.stringify({ payload, payloadType, signatures })
    bundle.base64Signature = Buffer.from(envelope).toString('base64')
    bundle.cert = utf8Decode(io.disk.get('demo.crt')!)
    io.disk.set('b.json', utf8(JSON.stringify(bundle)))
    const by = [
      'verify-blob',
      '--bundle=b.json',
      '--certificate-identity',
      SAN,
      '--certificate-oidc-issuer',
      ISSUER,
    ]
    for (const more of [[], ['--signature=demo.sig']]) {
      expect(await runCosign([...by, ...more, 'demo.whl'], io)).toBe(1)
      expect(io.err()).toContain('the bundle is an attestation for the file, not a signature of it')
      expect(io.err()).not.toContain('Verified OK')
    }
  })

  it('lists every check of a refusal, with what was expected and found', async () => {
    const io = await signed()
    const wanted = SAN.replace('main', 'release')
    expect(await verify(io, '--certificate-identity', wanted, 'demo.whl')).toBe(1)
    expect(io.err().match(/^(?:passed|FAILED|undecided|skipped) /gm)).toHaveLength(CHECK_NAMES.length)
    expect(io.err()).toMatch(new RegExp(`expected +${wanted}\n +found +${SAN}`))
    expect(io.err()).not.toContain('Verified OK')
  })

  it.each([
    ['altered bytes', (io: Session) => io.disk.set('demo.whl', utf8('other bytes')), 'verify.signature'],
    [
      'the signature of another',
      (io: Session) => io.disk.set('demo.sig', utf8('MAYCAQECAQE=')),
      'verify.signature',
    ],
    ['an empty signature', (io: Session) => io.disk.set('demo.sig', utf8('')), 'cosign.signature'],
    [
      'an error page as signature',
      (io: Session) => io.disk.set('demo.sig', utf8('<html>')),
      'cosign.signature',
    ],
    [
      'an error page as certificate',
      (io: Session) => io.disk.set('demo.crt', utf8('<html>')),
      'cosign.certificate',
    ],
    ['no certificate', (io: Session) => io.disk.delete('demo.crt'), 'cosign.certificate'],
    [
      'a certificate in DER, as cosign does',
      (io: Session) => io.disk.set('demo.crt', readCertificateFile(io.disk.get('demo.crt')!)),
      'cosign.certificate',
    ],
    ['no such file', (io: Session) => io.disk.delete('demo.whl'), 'host.file'],
  ])('refuses %s', async (_what, change, code) => {
    const io = await signed()
    change(io)
    expect(await verify(io)).toBe(1)
    expect(io.err()).toContain(`[${code}]`)
  })

  it('refuses another issuer, and the seal of another Sigstore', async () => {
    const io = await signed()
    expect(await verify(io, '--certificate-oidc-issuer', `${ISSUER}/`, 'demo.whl')).toBe(1)
    expect(io.err()).toContain('[verify.issuer]')
    const stranger = openSession(await openSigstore())
    for (const name of ['demo.sig', 'demo.crt']) stranger.disk.set(name, io.disk.get(name)!)
    expect(await verify(stranger)).toBe(1)
    expect(stranger.err()).toContain('[verify.chain]')
    expect(stranger.err()).toMatch(/FAILED +log entry/)
  })

  it.each(['SIGSTORE_ROOT_FILE', 'SIGSTORE_REKOR_PUBLIC_KEY', 'SIGSTORE_CT_LOG_PUBLIC_KEY_FILE'])(
    'names %s when it is missing, and how to get it',
    async (name) => {
      const { disk } = await signed()
      for (const value of ['', 'absent.pem']) {
        const io = openSession(sigstore, { [name]: value })
        for (const file of ['demo.sig', 'demo.crt']) io.disk.set(file, disk.get(file)!)
        expect(await verify(io)).toBe(1)
        expect(io.err()).toContain(name)
        expect(io.err()).toContain('wheelseal trust export')
      }
    },
  )

  it.each([
    [['--certificate-identity', ''], '--certificate-identity is required'],
    [['--certificate-oidc-issuer='], '--certificate-oidc-issuer is required'],
    [['--signature='], "missing flag '--signature'"],
    [['demo.whl'], 'accepts 1 arg(s), received 2'],
  ])('refuses %j', async (more, message) => {
    const io = openSession(sigstore)
    expect(await verify(io, ...more, 'demo.whl')).toBe(1)
    expect(io.err()).toContain(message)
  })
})
