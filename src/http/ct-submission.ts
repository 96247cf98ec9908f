import * as v from 'valibot'
import { bytesEqual, sha256, type JsonValue } from '../base/index.ts'
import {
  checkChain,
  OID,
  parseCertificate,
  precertificateTbs,
  type Certificate,
} from '../formats/x509/index.ts'
import type { CtSubmission } from '../trust/ct/index.ts'
import { bytesOf } from './body.ts'
import { httpErrors } from './errors.ts'

const MAX_CHAIN = 5
const DER_NULL = new Uint8Array([5, 0])

const Body = v.object({ chain: v.pipe(v.array(v.string()), v.minLength(2), v.maxLength(MAX_CHAIN)) })

/**
 * The body of add-pre-chain (RFC 6962 §4.2): a precertificate, its issuer, and so on, up to a root of the list, which
 * may be left out. Judged at the time at which the precertificate begins; Precertificate Signing Certificates are not
 * taken. Throws `x509.malformed` and `http.body-shape`.
 */
export function readSubmission(json: JsonValue, roots: readonly Certificate[]): CtSubmission {
  const body = v.safeParse(Body, json, { abortEarly: true })
  if (!body.success) throw refused(`the chain must have 2 to ${MAX_CHAIN} certificates`)
  const [precertificate, ...others] = body.output.chain.map((base64) =>
    parseCertificate(bytesOf(base64, 'chain')),
  )
  if (precertificate === undefined) throw refused('the chain is empty')
  checkPoison(precertificate)
  const [issuer, ...above] = chainOf(precertificate, others, roots)
  return {
    tbs: precertificateTbs(precertificate),
    issuerKeyHash: sha256(issuer.spki),
    precertificate: precertificate.der,
    chain: [issuer, ...above].map(({ der }) => der),
  }
}

/** RFC 6962 §3.1: critical, with NULL; and no promise of a log yet. */
function checkPoison({ extensions }: Certificate): void {
  const poison = extensions.find(({ oid }) => oid === OID.poison)
  if (poison === undefined) throw refused('the first certificate has no poison extension')
  if (!poison.isCritical || !bytesEqual(poison.value, DER_NULL))
    throw refused('the poison extension is not critical, or not NULL')
  if (extensions.some(({ oid }) => oid === OID.sctList))
    throw refused('the precertificate contains an SCT list')
}

/** From the issuer up to a root of the list. */
function chainOf(
  precertificate: Certificate,
  others: readonly Certificate[],
  roots: readonly Certificate[],
): readonly [Certificate, ...Certificate[]] {
  const result = checkChain({
    // The poison is critical and known to logs only. The signature is checked over the bytes, which hold it.
    leaf: {
      ...precertificate,
      extensions: precertificate.extensions.filter(({ oid }) => oid !== OID.poison),
    },
    intermediates: others,
    roots,
    atSeconds: precertificate.notBeforeSeconds,
  })
  if (!result.ok) throw refused(result.reason)
  const above = result.chain.slice(1)
  const isComplete = others.length === above.length || others.length === above.length - 1
  const [issuer, ...rest] = above
  if (issuer !== undefined && isComplete && others.every(({ der }, at) => isSame(above[at], der)))
    return [issuer, ...rest]
  throw refused('the certificates are not in order, each signed by the next')
}

function isSame(certificate: Certificate | undefined, der: Uint8Array): boolean {
  return certificate !== undefined && bytesEqual(certificate.der, der)
}

function refused(fact: string): Error {
  return httpErrors('http.body-shape', fact, {
    hint: 'send the precertificate, its issuer and the further certificates up to a root of get-roots, each signed by the next',
  })
}
