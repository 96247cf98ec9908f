import { ANONYMOUS } from '../access/index.ts'
import type { GatePages, GatePlace } from '../http/index.ts'
import { sendForOne } from './answers.ts'
import { whyMain, whyTitle } from './gate-why.ts'
import { document } from './layout.ts'
import { markup, type Markup } from './markup.ts'

/** The pages that gates answer with, in place of JSON, where a person asks. */
export const gatePages: GatePages = {
  why: (report, place) => page(place, whyTitle(report), whyMain(report)),
  problem: ({ message, hint, code }, place) => {
    const title = place.status === 404 ? 'Not found' : 'Not done'
    return page(
      place,
      title,
      markup`<h1>${title}</h1>
<p class="note bad" role="alert">${message}.</p>
<p>${hint}. <span class="soft">(${code})</span></p>`,
    )
  },
}

/** What a gate decides may be otherwise in a minute: kept by nobody. */
function page({ gate, up, status }: GatePlace, title: string, main: Markup): Response {
  const crumb = markup`<p><a href="${up}gate/${gate}/">Gate ${gate}</a></p>`
  const frame = { up, visitor: ANONYMOUS, back: '', title }
  return sendForOne(document(frame, markup`${crumb}\n${main}`), status)
}
