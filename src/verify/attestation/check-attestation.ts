import { describeError, encodeHex } from '../../base/index.ts'
import { distributionKey, parseFileName } from '../../formats/python/index.ts'
import { IN_TOTO, parseStatement, type SealParts, type Statement } from '../../formats/sigstore/index.ts'
import type { Artifact } from '../seal.ts'
import { signedContent } from '../signature/signed-content.ts'
import { failed, notApplicable, passed, type Finding } from '../verdict/verdict.ts'

/** PEP 740: the publish attestation is named after a page of the index's documentation. */
const PUBLISH = /^https:\/\/docs\.pypi\.org\/attestations\/publish\/v1$/
const PROVENANCE = 'https://slsa.dev/provenance/v1'

/**
 * Whether the statement under the signature is about this file: its SHA-256, and its name where that counts. Other
 * digest algorithms prove nothing here, but must not contradict it.
 */
export function checkAttestation({ envelope, format }: SealParts, artifact: Artifact): Finding {
  if (envelope === undefined) return notApplicable('the signature is over the file itself')
  if (envelope.payloadType !== IN_TOTO)
    return failed('the payload of the envelope is not an in-toto statement', {
      expected: IN_TOTO,
      found: envelope.payloadType,
    })
  try {
    const statement = parseStatement(envelope.payload)
    const problem = format === 'pep 740 attestation' ? pep740Problem(statement) : undefined
    return problem === undefined ? checkSubjects(statement, artifact) : failed(problem)
  } catch (error) {
    return failed(describeError(error))
  }
}

type Subject = Statement['subjects'][number]

function checkSubjects({ subjects }: Statement, artifact: Artifact): Finding {
  const { sha256, fileName } = artifact
  const digest = encodeHex(sha256)
  const same = subjects.filter(
    ({ digests }) => Object.hasOwn(digests, 'sha256') && digests['sha256'] === digest,
  )
  if (same.length === 0)
    return failed('the digest in the attestation is not that of the file', {
      expected: `sha256:${digest}`,
      found: subjects
        .map(({ digests }) => shownDigest(digests))
        .join(', ')
        .slice(0, 500),
    })
  const other = same.map((subject) => otherDigest(subject, artifact)).find((one) => one !== undefined)
  if (other !== undefined) return other
  if (fileName === undefined || same.some(({ name }) => isSameFile(name, fileName)))
    return passed(
      `the attestation is for ${same
        .map(({ name }) => name)
        .join(', ')
        .slice(0, 500)}`,
    )
  return failed('the file name in the attestation is a different one', {
    expected: fileName,
    found: same
      .map(({ name }) => name)
      .join(', ')
      .slice(0, 500),
  })
}

/** sigstore-go takes the longest digest of a subject: one that names two files is about neither. */
function otherDigest({ digests }: Subject, artifact: Artifact): Finding | undefined {
  const content = signedContent({ signature: new Uint8Array(), entries: [] }, artifact)
  for (const algorithm of ['sha512', 'sha384'] as const) {
    const found = Object.hasOwn(digests, algorithm) ? digests[algorithm] : undefined
    const known = found === undefined ? undefined : content.digest(algorithm)
    if (known === undefined || encodeHex(known) === found) continue
    const compared = { expected: `${algorithm}:${encodeHex(known)}`, found: `${algorithm}:${found}` }
    return failed('the second digest in the attestation is not that of the file', compared)
  }
  return undefined
}

function shownDigest(digests: Readonly<Record<string, string>>): string {
  if (Object.hasOwn(digests, 'sha256')) return `sha256:${digests['sha256']}`
  return `no sha256, only ${Object.keys(digests).join(' and ') || 'nothing'}`
}

/** Provenance names files by paths; distributions have several spellings of one name (PEP 503, PEP 440). */
function isSameFile(subject: string, fileName: string): boolean {
  const name = subject.slice(subject.lastIndexOf('/') + 1)
  if (name === fileName) return true
  try {
    return distributionKey(parseFileName(name)) === distributionKey(parseFileName(fileName))
  } catch {
    return false
  }
}

/** pypi-attestations: the name of a wheel or an sdist, without a path. */
function isDistribution(name: string): boolean {
  try {
    return parseFileName(name).fileName === name
  } catch {
    return false
  }
}

function pep740Problem({ subjects, predicateType, predicate }: Statement): string | undefined {
  if (subjects.length !== 1) return `the attestation has ${subjects.length} subjects, PEP 740 allows one`
  const name = subjects[0]?.name ?? ''
  if (!isDistribution(name))
    return `the subject ${JSON.stringify(name.slice(0, 200))} is not the file name of a wheel or sdist`
  if (predicateType === PROVENANCE) return undefined
  if (!PUBLISH.test(predicateType))
    return `the predicate type '${predicateType.slice(0, 200)}' is not supported`
  const isEmpty = predicate === null || (typeof predicate === 'object' && Object.keys(predicate).length === 0)
  return isEmpty ? undefined : 'the predicate of a publish attestation must be empty'
}
