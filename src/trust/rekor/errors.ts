import { defineErrors, WheelsealError } from '../../base/index.ts'

const DUPLICATE = {
  status: 409,
  exit: 1,
  summary: 'The log has the entry already.',
  hint: 'use the entry that the Location header names',
} as const

export const rekorErrors = defineErrors({
  'rekor.duplicate': DUPLICATE,
  'rekor.signature': {
    status: 400,
    exit: 1,
    summary:
      'The signature of a proposed entry does not hold over its digest, or its key is of a kind that is not logged.',
    hint: 'check that the file, the signature and the certificate belong together',
  },
  'rekor.not-admitted': {
    status: 400,
    exit: 1,
    summary: 'The certificate of a proposed entry is not from an authority that this log takes entries for.',
    hint: 'sign with a certificate of this instance',
  },
  'rekor.query': {
    status: 422,
    exit: 1,
    summary: 'A query asks for too many entries, or its index, UUID, size or tree id is malformed.',
    hint: 'ask for at most 10 entries in one request; docs/reference/http-api.md names the parameters',
  },
})

/** Ask for the entry at `uuid` instead. */
export class DuplicateEntryError extends WheelsealError {
  readonly uuid: string

  constructor(uuid: string) {
    super(
      'rekor.duplicate',
      `an equivalent entry already exists in the transparency log with UUID ${uuid}`,
      DUPLICATE,
    )
    this.uuid = uuid
  }
}
