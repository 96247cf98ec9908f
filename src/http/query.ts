import type { Context } from 'hono'
import { httpErrors } from './errors.ts'

/** A parameter of the query that has few values; undefined where it is not there. Throws `http.body-shape`. */
export function oneOf<Value extends string>(
  context: Context,
  name: string,
  values: readonly Value[],
): Value | undefined {
  const given = context.req.query(name)
  const value = values.find((one) => one === given)
  if (given === undefined || value !== undefined) return value
  throw httpErrors('http.body-shape', `the parameter ${name} must be ${values.join(' or ')}`)
}

export interface Page {
  /** From 1. */
  readonly page: number
  readonly perPage: number
  readonly offset: number
}

const DEFAULT_PER_PAGE = 20
const MAX_PER_PAGE = 100

/** GitLab's `page` and `per_page`. Throws `http.body-shape`, also for what begins after `mostRows`. */
export function readPage(context: Context, mostRows: number): Page {
  const page = readCount(context, 'page') ?? 1
  const perPage = Math.min(readCount(context, 'per_page') ?? DEFAULT_PER_PAGE, MAX_PER_PAGE)
  const offset = (page - 1) * perPage
  if (offset < mostRows) return { page, perPage, offset }
  throw httpErrors('http.body-shape', `the page ${page} begins after the first ${mostRows} rows`)
}

function readCount(context: Context, name: string): number | undefined {
  const text = context.req.query(name)
  if (text === undefined || /^[1-9][0-9]{0,8}$/.test(text))
    return text === undefined ? undefined : Number(text)
  throw httpErrors('http.body-shape', `the parameter ${name} must be a whole number from 1`)
}

export interface Listed extends Page {
  /** Undefined where there are more than are counted. */
  readonly total: number | undefined
  readonly rowCount: number
  /** Of this list, with the parameters that belong to it; `page` and `per_page` are added. */
  readonly url: URL
}

/** GitLab's headers of a list; without a total where there are too many to count, as there. */
export function pageHeaders(listed: Listed): Record<string, string> {
  const { page, perPage, total } = listed
  const pages = total === undefined ? undefined : Math.max(Math.ceil(total / perPage), 1)
  const hasNext = pages === undefined ? listed.rowCount === perPage : page < pages
  return {
    'X-Page': String(page),
    'X-Per-Page': String(perPage),
    'X-Next-Page': hasNext ? String(page + 1) : '',
    'X-Prev-Page': page > 1 ? String(page - 1) : '',
    ...(pages === undefined ? {} : { 'X-Total': String(total), 'X-Total-Pages': String(pages) }),
    Link: linksOf(listed, { hasNext, pages }),
  }
}

interface Ends {
  readonly hasNext: boolean
  readonly pages: number | undefined
}

/** RFC 8288; clients that follow lists go by these and make no URL of their own. */
function linksOf({ url, page, perPage }: Listed, { hasNext, pages }: Ends): string {
  const targets: readonly (readonly [string, number])[] = [
    ...(page > 1 ? [['prev', page - 1] as const] : []),
    ...(hasNext ? [['next', page + 1] as const] : []),
    ['first', 1],
    ...(pages === undefined ? [] : [['last', pages] as const]),
  ]
  const links = targets.map(([relation, at]) => {
    const target = new URL(url)
    target.searchParams.set('page', String(at))
    target.searchParams.set('per_page', String(perPage))
    return `<${target.href}>; rel="${relation}"`
  })
  return links.join(', ')
}
