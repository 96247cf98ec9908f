import { utf8, type HttpRequest } from '../base/index.ts'
import type { LocalDistribution } from '../packaging/index.ts'

/**
 * The upload form of PyPI (multipart/form-data, RFC 7578), streamed with its length known beforehand; the content comes
 * last, as twine sends it. The name is the one of the index, so that no two spellings make two packages on a GitLab.
 */
export function pypiForm(file: LocalDistribution): Pick<HttpRequest, 'headers' | 'body'> {
  // A content that holds the digest of itself cannot be made.
  const boundary = `wheelseal-${file.sha256}`
  const fields = Object.entries(fieldsOf(file)).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  const head = utf8(
    `${fields.join('')}--${boundary}\r\nContent-Disposition: form-data; name="content"; filename="${file.fileName}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  )
  const tail = utf8(`\r\n--${boundary}--\r\n`)
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': `${head.length + file.sizeBytes + tail.length}`,
    },
    body: parts(head, file, tail),
  }
}

function fieldsOf({
  distribution,
  requiresPython = '',
  sha256,
}: LocalDistribution): Readonly<Record<string, string>> {
  const { kind, name, version } = distribution
  return {
    ':action': 'file_upload',
    protocol_version: '1',
    name,
    version: version.normal,
    filetype: kind === 'wheel' ? 'bdist_wheel' : 'sdist',
    pyversion: kind === 'wheel' ? distribution.pythonTags.join('.') : 'source',
    requires_python: requiresPython,
    sha256_digest: sha256,
  }
}

async function* parts(
  head: Uint8Array,
  file: LocalDistribution,
  tail: Uint8Array,
): AsyncGenerator<Uint8Array> {
  yield head
  yield* file.content()
  yield tail
}
