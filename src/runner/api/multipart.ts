import { utf8, type Entropy } from '../../base/index.ts'

export interface FilePart {
  readonly fileName: string
  readonly size: number
  open(): AsyncIterable<Uint8Array>
}

/** A multipart/form-data body (RFC 7578) with the one field `file`, streamed, its length known beforehand. */
export function multipartFile(part: FilePart, entropy: Entropy) {
  const boundary = `wheelseal-${Buffer.from(entropy.bytes(16)).toString('hex')}`
  const fileName = part.fileName.replaceAll(/[^\w.-]/g, '_')
  const head = utf8(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${fileName}"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  )
  const tail = utf8(`\r\n--${boundary}--\r\n`)
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(head.length + part.size + tail.length),
    },
    async *body(): AsyncGenerator<Uint8Array> {
      yield head
      yield* part.open()
      yield tail
    },
  }
}
