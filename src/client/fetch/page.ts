import type { SimplePage } from '../../formats/python/simple-index/index.ts'
import { fetchSimplePage } from '../../net/index.ts'
import { fetchErrors, type Listing, type Requirement } from '../../packaging/index.ts'
import type { FetchIo } from './io.ts'
import type { FetchPlan } from './plan.ts'

/** What the index lists of a project. Throws `packaging.absent`, `net.other-host`, `net.…`. */
export async function fetchPage(
  { name, text }: Requirement,
  { place: { indexUrl }, login }: FetchPlan,
  { http, signal }: FetchIo,
): Promise<Listing> {
  const authorization = login === undefined ? {} : { authorization: login.authorization }
  const answer = await fetchSimplePage(http, { indexUrl, name, signal, ...authorization })
  if (answer.kind === 'page') return listingOf(answer.page)
  if (answer.kind === 'absent')
    throw fetchErrors('packaging.absent', `${text} is not in the index ${indexUrl}`)
  const fact = `the index ${indexUrl} does not have ${name}, and sends its clients to ${answer.origin}`
  throw fetchErrors('packaging.absent', fact, {
    hint: 'a package of this name there may have a different owner; if it is the one you want, use --index-url with the URL of that index',
  })
}

function listingOf({ files, ...page }: SimplePage): Listing {
  const listed = files.map(({ provenance, ...file }) => ({
    ...file,
    provenanceUrl: provenance.kind === 'at' ? provenance.url : undefined,
  }))
  return { ...page, files: listed }
}
