import { describeError, encodeHex } from '../base/index.ts'
import { distributionKey, parseFileName } from '../formats/python/index.ts'
import { IN_TOTO, parseStatement, type SealParts, type Statement } from '../formats/sigstore/index.ts'
import type { Artifact } from './seal.ts'
import { signedContent } from './signed-content.ts'
import { failed, notApplicable, passed, type Finding } from './verdict.ts'

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
    return failed('the envelope holds something else than an in-toto statement', {
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
    return failed('the attestation is about other bytes', {
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
      `about ${same
        .map(({ name }) => name)
        .join(', ')
        .slice(0, 500)}`,
    )
  return failed('the attestation is about a file of another name', {
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
    return failed('the attestation has a second digest, which is of other bytes', compared)
  }
  return undefined
}

function shownDigest(digests: Readonly<Record<string, string>>): string {
  if (Object.hasOwn(digests, 'sha256')) return `sha256:${digests['sha256']}`
  return `no sha256 but ${Object.keys(digests).join(' and ') || 'nothing'}`
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
  if (subjects.length !== 1) return `${subjects.length} subjects, where an attestation has one`
  const name = subjects[0]?.name ?? ''
  if (!isDistribution(name))
    return `its subject ${JSON.stringify(name.slice(0, 200))} is not the file name of a distribution`
  if (predicateType === PROVENANCE) return undefined
  if (!PUBLISH.test(predicateType)) return `the predicate type '${predicateType.slice(0, 200)}' is not known`
  const isEmpty = predicate === null || (typeof predicate === 'object' && Object.keys(predicate).length === 0)
  return isEmpty ? undefined : 'a publish attestation with a predicate, which must be empty'
}
