import type { Context } from 'hono'
import type { StagedBlob } from '../base/index.ts'
import { readForm } from './form.ts'
import type { Bindings } from './route.ts'

export interface PypiForm<Content extends StagedBlob> {
  readonly fields: ReadonlyMap<string, string>
  readonly fileName: string
  /** The caller's to use up. */
  readonly content: Content
}

export interface PypiFormOptions<Content extends StagedBlob> {
  readonly maxFileBytes: number
  readonly stage: (bytes: AsyncIterable<Uint8Array>) => Promise<Content>
}

/** Clients send dozens more: the whole of the metadata, which is read from the file itself, and a BLAKE2 digest. */
const FIELDS: readonly string[] = [
  ':action',
  'protocol_version',
  'filetype',
  'name',
  'version',
  'md5_digest',
  'sha256_digest',
  'requires_python',
  'attestations',
]
/** twine sends each classifier and each requirement as a field of its own. */
const MAX_FIELDS = 2000
/** A description may be long, and a signature may come as a second file. */
const MAX_REST_BYTES = 32 * 1024 * 1024

/** The upload form of `twine upload`, its file in the field `content`. Throws as `readForm`; then nothing staged is left. */
export async function readPypiForm<Content extends StagedBlob>(
  context: Context<Bindings>,
  { maxFileBytes, stage }: PypiFormOptions<Content>,
): Promise<PypiForm<Content>> {
  const { file, ...form } = await readForm(context, {
    fileField: 'content',
    take: (_name, bytes) => stage(bytes),
    fields: FIELDS,
    maxFields: MAX_FIELDS,
    maxRestBytes: MAX_REST_BYTES,
    maxFileBytes,
  })
  return { ...form, content: file }
}
