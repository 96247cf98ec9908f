import { defineErrors, WheelsealError } from '../../base/index.ts'

const DUPLICATE = {
  status: 409,
  exit: 1,
  summary: 'The log already has this entry.',
  hint: 'use the entry that the Location header names',
} as const

export const rekorErrors = defineErrors({
  'rekor.duplicate': DUPLICATE,
  'rekor.signature': {
    status: 400,
    exit: 1,
    summary: 'The signature of a proposed entry does not verify, or its key type is not supported.',
    hint: 'check that the file, the signature and the certificate belong together',
  },
  'rekor.not-admitted': {
    status: 400,
    exit: 1,
    summary: 'The log does not accept the certificate or key of a proposed entry.',
    hint: 'sign with a certificate of this instance; operators: `[rekor] keys` in wheelseal.toml allows further keys',
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
