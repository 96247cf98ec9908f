import type { Project } from '../access/index.ts'
import { isoTimeMs } from '../base/index.ts'
import type { FileSeal, StoredFile } from '../registry/index.ts'
import { indexUrl, installLines, verifyLines, type Block, type Release } from './lines.ts'
import { markup, NOTHING, type Markup } from './markup.ts'
import type { FileView, PackageView, ProjectView } from './project-view.ts'
import { sealWords, sizeWords, stateWords, type Words } from './words.ts'

/** What the page says beside what is stored. */
export type Place = Pick<Release, 'url' | 'issuer' | 'fingerprint'> & {
  /** From the page to the root of the server. */
  readonly up: string
}

export function projectPage(view: ProjectView, place: Place): Markup {
  const { project, shown, missing } = view
  return markup`<h1>${project.path}</h1>
<dl>
<dt>Project id</dt><dd>${project.id}</dd>
<dt>Index URL</dt><dd><a href="${place.up}${relativeIndex(project)}"><code>${indexUrl({ ...place, project })}</code></a></dd>
<dt>Visibility</dt><dd>${project.visibility}</dd>
<dt>Pipelines</dt><dd><a href="${place.up}${project.path}/-/pipelines">Jobs, logs and artifacts</a></dd>
</dl>
${packageList(view)}
${missing === undefined ? NOTHING : markup`<p class="note bad" role="alert">The project has no package ${missing}.</p>`}
${shown === undefined ? NOTHING : packagePart(project, shown, place)}`
}

function relativeIndex({ id }: Project): string {
  return `api/v4/projects/${id}/packages/pypi/simple`
}

function packageList({ project, names, after, shown }: ProjectView): Markup {
  if (names.length === 0) return markup`<h2 id="packages">Packages</h2><p>No package is listed.</p>`
  const items = names.map((name) => {
    const current = name === shown?.name ? markup` aria-current="true"` : NOTHING
    return markup`<li><a href="${here(project)}?package=${encodeURIComponent(name)}"${current}>${name}</a></li>`
  })
  return markup`<h2 id="packages">Packages</h2>
<nav aria-labelledby="packages"><ul class="names">${items}</ul>
${after === undefined ? NOTHING : markup`<p><a href="${here(project)}?after=${encodeURIComponent(after)}">More packages</a></p>`}</nav>`
}

/** The page itself, from itself: a link that is a query alone would keep what was asked before. */
function here({ name }: Project): string {
  return name
}

function packagePart(project: Project, shown: PackageView, place: Place): Markup {
  const { name, title, status, statusReason, files, beforeId } = shown
  const older = `${here(project)}?package=${encodeURIComponent(name)}&before=${beforeId ?? ''}`
  return markup`<h2>${title}</h2>
${status === 'active' ? NOTHING : markup`<p class="note bad">This package is ${status}${statusReason === '' ? '' : `: ${statusReason}`}.</p>`}
${files.length === 0 ? markup`<p>No files.</p>` : fileTable(files, { project, shown, place })}
${beforeId === undefined ? NOTHING : markup`<p><a href="${older}">Older files</a></p>`}
${commands(project, shown, place)}`
}

interface Around {
  readonly project: Project
  readonly shown: PackageView
  readonly place: Place
}

/** The roles stand here once more: where the stylesheet makes blocks of the rows, browsers no longer see a table. */
function fileTable(files: readonly FileView[], around: Around): Markup {
  return markup`<table role="table">
<caption>Files of ${around.shown.title}, newest first</caption>
<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">File</th><th scope="col" role="columnheader">Version</th><th scope="col" role="columnheader">Size</th><th scope="col" role="columnheader">Uploaded</th><th scope="col" role="columnheader">Signature</th></tr></thead>
<tbody role="rowgroup">
${files.map((view) => fileRow(view, around))}
</tbody>
</table>`
}

function fileRow(view: FileView, { project, shown, place }: Around): Markup {
  const { file, seals } = view
  const uploaded = isoTimeMs(file.createdAtMs)
  const base = `${place.up}api/v4/projects/${project.id}/packages/pypi`
  return markup`<tr role="row">
<th scope="row" role="rowheader">${fileName(file, base)}${stateWords(file, seals.rule).map(saidInWords)}</th>
<td role="cell" data-label="Version">${file.version}</td>
<td role="cell" data-label="Size" class="nowrap">${sizeWords(file.size)}</td>
<td role="cell" data-label="Uploaded" class="nowrap"><time datetime="${uploaded}">${uploaded.slice(0, 10)}</time></td>
<td role="cell" data-label="Signature">${saidInWords(sealWords(seals))}${sealLinks(view, shown.name, base)}</td>
</tr>
`
}

function fileName({ sha256, fileName: name, quarantinedReason }: StoredFile, base: string): Markup {
  if (quarantinedReason !== null) return markup`${name}`
  return markup`<a href="${base}/files/${sha256}/${encodeURIComponent(name)}">${name}</a>`
}

function saidInWords({ text, tone, more }: Words): Markup {
  return markup`<p class="${tone}">${text}${more === '' ? NOTHING : markup` <span class="soft">(${more})</span>`}</p>`
}

/** What there is of each kind, and where all is said of it. */
function sealLinks({ file, seals }: FileView, name: string, base: string): Markup {
  const { sha256, version, fileName: asked, provenance } = file
  const [quoted, at] = [encodeURIComponent(asked), encodeURIComponent(version)]
  const kinds = seals.seals.map(({ kind, outcome }) => markup`${KINDS[kind]} (${outcome}), `)
  const checks = markup`${kinds}<a href="${base}/files/${sha256}/${quoted}/seals" aria-label="All checks of ${asked}">all checks</a>`
  if (provenance === null) return markup`<p>${checks}</p>`
  return markup`<p>${checks}, <a href="${base}/integrity/${name}/${at}/${quoted}/provenance" aria-label="Provenance of ${asked}">provenance</a></p>`
}

const KINDS: Readonly<Record<FileSeal['kind'], string>> = {
  pair: 'signature and certificate',
  bundle: 'bundle',
  attestation: 'attestation',
  'uploaded attestations': 'attestations of the upload',
}

/** For the newest version of these that installers take. */
function commands(project: Project, { name, status, files }: PackageView, place: Place): Markup {
  const takes = ({ file }: FileView): boolean =>
    file.isListed && file.quarantinedReason === null && file.yankedReason === null
  const newest = status === 'quarantined' ? undefined : files.find(takes)?.file
  if (newest === undefined) return NOTHING
  const { version } = newest
  const release: Release = { ...place, project, name, version }
  const sealed = files.find(({ file, seals }) => file.version === version && seals.outcome === 'verified')
  const toVerify = verifyLines(release, sealed?.seals)
  return markup`<h2>Install ${name} ${version}</h2>
${project.visibility === 'public' ? NOTHING : netrcNote(place)}
${installLines(release).map(blockPart)}
<h2>Verify ${name} ${version}</h2>
${toVerify.length === 0 ? markup`<p>No file of this version on this page has a verified signature.</p>` : fingerprintNote()}
${toVerify.map(blockPart)}`
}

function netrcNote({ url }: Place): Markup {
  return markup`<p>The project is not public. pip and uv take the token from the file <code>~/.netrc</code>: <code>machine ${new URL(url).hostname} login USER password TOKEN</code>. wheelseal takes it from the variable <code>WHEELSEAL_TOKEN</code>. A browser that follows a link to a file asks for it once more, as the password of any user.</p>`
}

function fingerprintNote(): Markup {
  return markup`<p>The fingerprint decides which signatures are valid. Compare it with the one that the operator of this server has given you by another way.</p>`
}

function blockPart({ title, lines }: Block): Markup {
  const typed = lines.map((line) => markup`<code>${line.split(' ').map(wordPart)}</code>\n`)
  return markup`<h3>${title}</h3>
<pre tabindex="0" aria-label="${title}">${typed}</pre>`
}

/** A browser would break a line between the hyphens of a flag. */
function wordPart(word: string, index: number): Markup {
  return markup`${index === 0 ? NOTHING : ' '}<span>${word}</span>`
}
