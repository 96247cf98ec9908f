import { setImmediate as nextTurn } from 'node:timers/promises'
import { isoTimeMs, utf8 } from '../base/index.ts'
import type { ShownPackage, StoredFile } from '../registry/index.ts'
import { fileLinks, ITEMS_PER_STEP, type FileLinks, type PagePlace } from './simple-links.ts'

/**
 * The simple index in JSON: PEP 691, with what PEP 700 (size, time, versions), 714 (core metadata), 592 (yank), 740
 * (provenance) and 792 (status) add. Written in steps, as the HTML is.
 */
const META = JSON.stringify({ 'api-version': '1.4' })

/** `…/simple/NAME`. */
export async function* packageJson(place: PagePlace, shown: ShownPackage): AsyncGenerator<Uint8Array> {
  const { name, status, statusReason } = shown
  const marker = { status, ...(statusReason !== '' && { reason: statusReason }) }
  const head = `{"meta":${META},"name":${JSON.stringify(name)},"project-status":${JSON.stringify(marker)},"files":[`
  const versions = new Set<string>()
  yield* list(head, shown.files, (file) => {
    versions.add(file.version)
    return fileEntry(fileLinks(place, name, file), file)
  })
  yield utf8(`],"versions":${JSON.stringify([...versions])}}`)
}

/** `…/simple`. */
export async function* indexJson(names: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  yield* list(`{"meta":${META},"projects":[`, names, (name) => ({ name }))
  yield utf8(']}')
}

async function* list<T>(
  head: string,
  items: AsyncIterable<T>,
  entry: (item: T) => object,
): AsyncGenerator<Uint8Array> {
  let text = head
  let count = 0
  for await (const item of items) {
    text += `${count === 0 ? '' : ','}${JSON.stringify(entry(item))}`
    count += 1
    if (count % ITEMS_PER_STEP !== 0) continue
    yield utf8(text)
    text = ''
    await nextTurn()
  }
  if (text !== '') yield utf8(text)
}

function fileEntry({ href, provenance }: FileLinks, file: StoredFile): object {
  const { fileName, sha256, size, requiresPython, metadata, yankedReason } = file
  return {
    filename: fileName,
    url: href,
    hashes: { sha256 },
    size,
    'upload-time': isoTimeMs(file.createdAtMs),
    ...(requiresPython !== null && requiresPython !== '' && { 'requires-python': requiresPython }),
    ...(metadata !== null && { 'core-metadata': { sha256: metadata.sha256 } }),
    ...(yankedReason !== null && { yanked: yankedReason === '' || yankedReason }),
    ...(provenance !== undefined && { provenance }),
  }
}
