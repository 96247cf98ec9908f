import { markup, type Markup } from './markup.ts'
import { document, loginForm, type Frame } from './layout.ts'

/** What is not there, and what the visitor may not see: the same page. */
export function missingPage(frame: Frame): Markup {
  const way =
    frame.visitor.kind === 'user'
      ? markup`<p>Ask a maintainer of the project for the role Reporter, or log in with another token.</p>`
      : markup`<p>Private and internal projects need a login.</p>
${loginForm(frame)}`
  return document(
    { ...frame, title: 'Not found' },
    markup`<h1>Not found</h1>
<p>There is no project at this address, or it is not public and you may not read its packages.</p>
${way}`,
  )
}

export function frontPage(frame: Frame, { url }: { readonly url: string }): Markup {
  const way = frame.visitor.kind === 'user' ? markup`` : markup`<h2>Log in</h2>\n${loginForm(frame)}`
  return document(
    { ...frame, title: 'Packages and signatures' },
    markup`<h1>Wheelseal</h1>
<p>This server keeps Python packages of its projects, and issues the certificates and the log by which they are signed and verified.</p>
<p>The page of a project is at <code>${url}/GROUP/PROJECT</code>. It has the lines to install and to verify its packages.</p>
<h2>For your clients</h2>
<dl>
<dt>Trust root of signatures</dt><dd><code>wheelseal trust export --out trust --url ${url} --fingerprint sha256:…</code></dd>
<dt>Index of a project</dt><dd><code>${url}/api/v4/projects/ID/packages/pypi/simple</code></dd>
<dt>API, as GitLab has it</dt><dd><code>${url}/api/v4</code></dd>
</dl>
${way}`,
  )
}

/** A login or a logout that was refused, or a failure of the server. */
export function problemPage(
  frame: Frame,
  { problem, hasForm }: { readonly problem: string; readonly hasForm: boolean },
): Markup {
  const said = hasForm ? loginForm(frame, problem) : markup`<p class="note bad" role="alert">${problem}</p>`
  const title = hasForm ? 'Log in' : 'Not done'
  return document({ ...frame, title }, markup`<h1>${title}</h1>\n${said}`)
}
