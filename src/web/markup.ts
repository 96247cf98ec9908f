import { html } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import { printable } from '../base/index.ts'

/** HTML that was made by `markup`, and by nothing else. */
export type Markup = HtmlEscapedString

type Part = string | number | Markup | readonly Markup[] | undefined

/**
 * HTML from a template: what is put into it is text, however it looks, and shows what would otherwise be obeyed
 * (`printable`). Only what this function made goes in as it is. Attributes stand in double quotes.
 */
export function markup(template: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const made = html(
    template,
    ...parts.map((part) => (typeof part === 'string' ? printable(part) : (part ?? ''))),
  )
  if (made instanceof Promise) throw new Error('a part of a page is not there yet')
  return made
}

export const NOTHING: Markup = markup``

/** hono's is a String object, which a digest does not take. */
export function textOf(page: Markup): string {
  return [page].join('')
}
