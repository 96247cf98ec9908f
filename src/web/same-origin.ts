import type { Context } from 'hono'
import { ownUrl, type Bindings } from '../http/index.ts'
import { webErrors } from './errors.ts'

/**
 * Forms count only from pages of this server (cross-site request forgery). Browsers of today say so in Sec-Fetch-Site
 * wherever the connection is trusted, older ones and plain HTTP in Origin; a page can forge neither. Who says nothing is
 * refused. Throws `web.other-site`.
 */
export function refuseOtherSites(context: Context<Bindings>, externalUrl: string): void {
  const site = context.req.header('sec-fetch-site')
  const isOwn =
    site === undefined
      ? context.req.header('origin') === new URL(ownUrl(context, externalUrl)).origin
      : site === 'same-origin'
  if (!isOwn) throw webErrors('web.other-site', 'the form does not come from a page of this server')
}
