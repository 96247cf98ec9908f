import { describe, expect, it } from 'vitest'
import { clientSignErrors } from '../../sign/index.ts'
import { netErrors } from '../../../net/index.ts'
import {
  JSON_TYPE,
  look,
  NOW_SECONDS,
  SEAL_URL,
  shortly,
  signingBy,
  type Machine,
  type Replies,
} from '../arrange.ts'
import { clockCheck } from './clock.ts'
import { authoritiesCheck, proxiesCheck, servicesCheck } from './network.ts'
import { settingsCheck } from './settings.ts'
import { variablesCheck } from './variables.ts'

const FULCIO = `${SEAL_URL}/api/v2/configuration`
const REKOR = `${SEAL_URL}/api/v1/log`
const ANSWERS = { [FULCIO]: {}, [REKOR]: {} }
const here = (replies: Replies, more: Machine = {}): Machine => ({
  replies,
  io: signingBy(SEAL_URL, SEAL_URL),
  ...more,
})

describe('the check of the settings', () => {
  it('says where each is from, without the password that a URL may have', async () => {
    const settings = async () => [
      { 'fulcio-url': { value: 'https://a:b@seal.example/?t=1', from: 'WHEELSEAL_FULCIO_URL' } },
    ]
    const io = signingBy(SEAL_URL, SEAL_URL)
    const [finding] = await look(settingsCheck, { io: { choices: { ...io.choices!, settings } } })
    expect(finding?.details).toEqual([
      'fulcio-url = https://seal.example (credentials and query not shown) (WHEELSEAL_FULCIO_URL)',
      `the certificate authority (Fulcio): ${SEAL_URL} (WHEELSEAL_FULCIO_URL)`,
      `the log (Rekor): ${SEAL_URL} (WHEELSEAL_FULCIO_URL)`,
    ])
  })

  it('takes the services of a pipeline that passes them to cosign', async () => {
    const env = { FULCIO_URL: 'https://f.example', REKOR_URL: 'https://r.example' }
    const [finding] = await look(settingsCheck, { env })
    expect(finding?.details).toContain('the log (Rekor): https://r.example (REKOR_URL)')
  })

  it('fails for an address that is not a URL', async () => {
    expect(await shortly(settingsCheck, { env: { FULCIO_URL: 'seal.example' } })).toEqual([
      'failed FULCIO_URL is not a URL: seal.example',
    ])
  })

  it('fails as the command that would use them', async () => {
    const services = () => Promise.reject(clientSignErrors('client.sign-services', 'half a configuration'))
    const io = signingBy(SEAL_URL, SEAL_URL)
    await expect(look(settingsCheck, { io: { choices: { ...io.choices!, services } } })).rejects.toThrow(
      'half a',
    )
  })
})

describe('the check of variables', () => {
  it.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    [
      'nothing',
      { PATH: '/bin', COSIGN_YES: 'true', SIGSTORE_ID_TOKEN: 'x', FULCIO_URL: 'y', COSIGN_EMPTY: '' },
      ['ok no variable of cosign or Sigstore changes commands silently'],
    ],
    ['what has no effect', { COSIGN_EXPERIMENTAL: '1' }, ['warning COSIGN_EXPERIMENTAL is set to 1']],
    [
      'a flag, whose value may be a secret',
      { COSIGN_IDENTITY_TOKEN: 'secret' },
      ['warning COSIGN_IDENTITY_TOKEN is set'],
    ],
    [
      'a flag with an address',
      { COSIGN_FULCIO_URL: 'https://u:p@f.example' },
      ['warning COSIGN_FULCIO_URL is set to https://f.example (credentials and query not shown)'],
    ],
    [
      'a trust root of a file',
      { SIGSTORE_ROOT_FILE: '/root.pem' },
      ['warning SIGSTORE_ROOT_FILE is set to /root.pem'],
    ],
    [
      'a trust root of a file that is gone',
      { SIGSTORE_ROOT_FILE: '/gone.pem' },
      ['failed SIGSTORE_ROOT_FILE is set to /gone.pem, and there is no such file'],
    ],
    [
      'control characters',
      { TUF_MIRROR: 'a\u001b[31m' },
      [String.raw`warning TUF_MIRROR is set to a\u{1b}[31m`],
    ],
  ])('finds %s', async (_what, env, expected) => {
    expect(await shortly(variablesCheck, { env, texts: { '/root.pem': '' } })).toEqual(expected)
  })

  it('says which flag a variable gives', async () => {
    const [finding] = await look(variablesCheck, { env: { COSIGN_CERTIFICATE_IDENTITY: 'x' } })
    expect(finding?.reason).toContain('--certificate-identity')
  })
})

describe('the check of proxies', () => {
  const env = { HTTPS_PROXY: 'http://me:secret@proxy.example:3128' }

  it.each<[string, Machine, string]>([
    ['without one', here({}), 'ok no proxy is set'],
    [
      'that lets everything through',
      here(ANSWERS, { env }),
      'ok every service answers through the proxy that is set for it',
    ],
    [
      'that is not used',
      here({}, { env: { ...env, no_proxy: '.example' } }),
      'ok no configured service is asked through a proxy',
    ],
    [
      'that does not answer',
      here({}, { env }),
      'failed the proxy http://proxy.example:3128 (credentials and query not shown) (HTTPS_PROXY) does not let requests to seal.example through',
    ],
    ['that wants a login', here({ ...ANSWERS, [FULCIO]: { status: 407 } }, { env }), 'failed the proxy'],
    [
      'with a page of its own',
      here({ ...ANSWERS, [REKOR]: { headers: { 'content-type': 'text/html' } } }, { env }),
      'failed the proxy',
    ],
    [
      'in front of a service that refuses',
      here({ ...ANSWERS, [REKOR]: { status: 503 } }, { env }),
      'ok every service answers',
    ],
  ])('%s', async (_what, machine, expected) => {
    const [finding = ''] = await shortly(proxiesCheck, machine)
    expect(finding).toContain(expected)
    expect(finding).not.toContain('secret')
  })

  it('says which variable decides for each host', async () => {
    const [finding] = await look(proxiesCheck, here(ANSWERS, { env: { ...env, NO_PROXY: 'seal.example' } }))
    expect(finding?.details?.[0]).toBe(
      'the certificate authority (Fulcio), seal.example: directly (NO_PROXY)',
    )
  })

  it('fails for a variable that is no proxy', async () => {
    await expect(look(proxiesCheck, here({}, { env: { HTTPS_PROXY: 'gopher://x' } }))).rejects.toMatchObject({
      code: 'net.proxy',
    })
  })
})

describe('the check of certificate authorities', () => {
  it('fails for a file without one, with the variable', async () => {
    const machine = { env: { SSL_CERT_FILE: '/ca.pem' }, texts: { '/ca.pem': 'none' } }
    await expect(look(authoritiesCheck, machine)).rejects.toThrow(
      'SSL_CERT_FILE /ca.pem: no PEM certificate found',
    )
    expect(await shortly(authoritiesCheck)).toEqual([
      'ok TLS servers are trusted by the certificate authorities of Node',
    ])
  })
})

describe('the check of services', () => {
  const cut = (code: string) =>
    netErrors('net.unreachable', 'x', { cause: Object.assign(new Error('x'), { code }) })

  it.each<[string, Replies, readonly [fact: string, reason: string | undefined]]>([
    ['answer', ANSWERS, ['ok the certificate authority (Fulcio) https://seal.example answers', undefined]],
    [
      'are at another path',
      { ...ANSWERS, [FULCIO]: { status: 404 } },
      [
        'failed the certificate authority (Fulcio) https://seal.example is reached, and answers 404',
        'this is not the address of such a service',
      ],
    ],
    [
      'have broken down',
      { ...ANSWERS, [FULCIO]: { status: 500 } },
      ['answers 500', 'the service is not in order'],
    ],
    [
      'are not there',
      { ...ANSWERS, [FULCIO]: cut('ECONNREFUSED') },
      ['does not answer', 'no program listens there (WHEELSEAL_FULCIO_URL)'],
    ],
    [
      'have no name',
      { ...ANSWERS, [FULCIO]: cut('ENOTFOUND') },
      ['does not answer', 'the name server does not know this host (WHEELSEAL_FULCIO_URL)'],
    ],
    [
      'have a certificate of another time',
      { ...ANSWERS, [FULCIO]: cut('CERT_NOT_YET_VALID') },
      ['does not answer', 'its TLS certificate is not valid at the time that this machine believes it is'],
    ],
  ])('that %s', async (_what, replies, [fact, reason]) => {
    const [finding] = await look(servicesCheck, here(replies))
    expect(`${finding?.outcome} ${finding?.fact}`).toContain(fact)
    expect(finding?.reason).toBe(reason)
  })

  it('is skipped where none is configured', async () => {
    expect(await shortly(servicesCheck)).toEqual(['skipped no service is configured'])
  })
})

describe('the check of the clock', () => {
  const dated = (offsetSeconds: number): Replies[string] => ({
    headers: { ...JSON_TYPE, date: new Date((NOW_SECONDS + offsetSeconds) * 1_000).toUTCString() },
  })

  it.each([
    [0, 0, ['ok the clock agrees with seal.example']],
    [4, -4, ['ok the clock agrees with seal.example']],
    [30, 30, ['warning the clock of this machine is 30 s behind seal.example']],
    [3_600, 3_600, ['failed the clock of this machine is 1 h behind seal.example']],
    [-3_601, -3_601, ['failed the clock of this machine is 1 h ahead of seal.example']],
    [-3_601, 0, ['warning this machine and other services agree, and are 1 h ahead of seal.example']],
  ])('with services that are %i s and %i s ahead', async (first, second, expected) => {
    const replies = { [FULCIO]: dated(first), [REKOR]: dated(second) }
    expect(await shortly(clockCheck, here(replies))).toEqual(expected)
  })

  it('goes by the id token where no service answers', async () => {
    const token = (iat: number): string =>
      ['{"alg":"RS256"}', JSON.stringify({ iat }), 'x']
        .map((part) => Buffer.from(part).toString('base64url'))
        .join('.')
    const by = (iat: number): Promise<readonly string[]> =>
      shortly(clockCheck, { env: { SIGSTORE_ID_TOKEN: token(iat) } })
    expect(await by(NOW_SECONDS)).toEqual(['ok the clock is not before the time of the id token'])
    expect((await by(NOW_SECONDS + 7_200))[0]).toContain(
      'failed the clock of this machine is 2 h behind the time',
    )
    expect((await shortly(clockCheck))[0]).toContain('skipped no service answered')
  })
})
