import { bytesEqual, parseJson, sha256Hex, WheelsealError } from '../../../base/index.ts'
import { parseCertificatesPem, parsePublicKeyPem } from '../../../formats/x509/index.ts'
import type { TrustRoot } from '../../../verify/index.ts'
import { failed, ok, skipped, warning, type Check, type Finding } from '../check.ts'
import type { Facts } from '../facts.ts'
import { serviceName, type Service } from '../services.ts'
import { shownValue } from '../shown.ts'

const MAX_BYTES = 256 << 10

/** Whether the trust root is of the services that sign: each is asked for its key, which must be in it. */
export const keysCheck: Check = {
  name: 'keys',
  effectOf: ['settings', 'proxies', 'services', 'trust root'],
  look: async (facts) => {
    const reached = (await facts.answers()).flatMap(({ service, reply }) =>
      'status' in reply && reply.status === 200 ? [service] : [],
    )
    const asked = reached.filter(({ kind }) => kind === 'fulcio' || kind === 'rekor' || kind === 'tsa')
    if (asked.length === 0) return [skipped('no service that signs was reached')]
    const start = await facts.trust().catch(() => undefined)
    if (start === undefined) return [skipped('there is no trust root to compare with')]
    const findings = await Promise.all(asked.map((service) => compare(service, start.trustRoot, facts)))
    return findings.flat()
  },
}

async function compare(service: Service, root: TrustRoot, facts: Facts): Promise<readonly Finding[]> {
  const name = `${serviceName(service.kind)} ${shownValue(service.url)}`
  const keys = await keysOf(service, facts)
  if (keys === undefined)
    return [
      warning({
        fact: `${name} does not say which key it has`,
        next: 'nothing, if it is not a Wheelseal or a Sigstore service',
      }),
    ]
  if (keys.some((key) => knows(service, key, root))) return [ok(`${name} has a key of the trust root`)]
  const [shown = new Uint8Array()] = keys
  return [
    failed({
      fact: `${name} has a key that is not in the trust root: sha256 ${sha256Hex(shown)}`,
      reason:
        'the trust root is of a different Sigstore instance, or older than this key: signatures made there are refused',
      next: 'get the trust root of this instance: wheelseal trust export --url URL --fingerprint sha256:HEX --out DIR; the operator knows the fingerprint',
    }),
  ]
}

function knows({ kind }: Service, key: Uint8Array, root: TrustRoot): boolean {
  if (kind === 'rekor') return root.logs.some(({ spki }) => bytesEqual(spki, key))
  const roots =
    kind === 'fulcio'
      ? root.certificateAuthorities.flatMap((one) => one.roots)
      : (root.timestampAuthorities ?? []).flatMap(({ chain }) => chain.slice(-1))
  return roots.some(({ der }) => bytesEqual(der, key))
}

/** A log's key, or the roots of an authority. Undefined for what does not answer as those do. */
async function keysOf(service: Service, facts: Facts): Promise<readonly Uint8Array[] | undefined> {
  try {
    if (service.kind === 'rekor')
      return [parsePublicKeyPem(await textOf(service, '/api/v1/log/publicKey', facts))]
    if (service.kind === 'tsa') return rootsIn([await textOf(service, '/certchain', facts)])
    return rootsIn(chainsIn(await textOf(service, '/api/v2/trustBundle', facts)))
  } catch (error) {
    if (error instanceof WheelsealError) return undefined
    throw error
  }
}

async function textOf({ url }: Service, path: string, { io }: Facts): Promise<string> {
  const response = await io.http.request({ method: 'GET', url: `${url.replace(/\/+$/, '')}${path}` })
  return response.text(MAX_BYTES)
}

/** `{"chains":[{"certificates":["-----BEGIN …"]}]}`, of which what has another form gives none. */
function chainsIn(text: string): readonly string[] {
  const json = parseJson(text, { maxLength: MAX_BYTES })
  const chains = listIn(json, 'chains')
  return chains.map((chain) =>
    listIn(chain, 'certificates')
      .filter((pem) => typeof pem === 'string')
      .join('\n'),
  )
}

function listIn(json: unknown, name: string): readonly unknown[] {
  if (json === null || typeof json !== 'object') return []
  const value = (json as Readonly<Record<string, unknown>>)[name]
  return Array.isArray(value) ? value : []
}

function rootsIn(pems: readonly string[]): readonly Uint8Array[] | undefined {
  const roots = pems.flatMap((pem) => parseCertificatesPem(pem).slice(-1)).map(({ der }) => der)
  return roots.length === 0 ? undefined : roots
}
