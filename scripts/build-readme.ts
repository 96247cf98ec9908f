/**
 * The README of the package, which has no checkout around it: what stands between `<!-- checkout -->` and
 * `<!-- /checkout -->` is left out, what stands in `<!-- package … -->` is shown.
 */
export function packedReadme(text: string): string {
  return text
    .replaceAll(/<!-- checkout -->\n.*?<!-- \/checkout -->\n/gs, '')
    .replaceAll(/<!-- package\n(.*?)-->\n/gs, '$1')
    .replaceAll('bin/wheelseal', 'wheelseal')
}
