import { markup, type Markup } from './markup.ts'

/** The roles stand here once more: where the stylesheet makes blocks of the rows, browsers no longer see a table. */
export function table({
  caption,
  heads,
  rows,
}: {
  readonly caption: string | Markup
  readonly heads: readonly string[]
  readonly rows: readonly Markup[]
}): Markup {
  return markup`<table role="table">
<caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${heads.map((head) => markup`<th scope="col" role="columnheader">${head}</th>`)}</tr></thead>
<tbody role="rowgroup">
${rows}
</tbody>
</table>`
}
