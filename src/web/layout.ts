import type { Principal } from '../access/index.ts'
import { markup, NOTHING, type Markup } from './markup.ts'

/** What every page has around it. */
export interface Frame {
  /** From the page to the root of the server, with a slash at its end, or ''. */
  readonly up: string
  readonly visitor: Principal
  /** Where a login or a logout comes back to: the path of a page of a project, or '' for the front page. */
  readonly back: string
}

/** A whole page: no script, one stylesheet, and in an order that reads well without it. */
export function document(frame: Frame & { readonly title: string }, main: Markup): Markup {
  const { title, up, visitor } = frame
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Wheelseal</title>
<link rel="stylesheet" href="${up}-/style.css">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<a class="home" href="${homeOf(up)}">Wheelseal</a>
${visitor.kind === 'user' ? account(frame, visitor.user.login) : NOTHING}
</header>
<main id="main">
${main}
</main>
<footer>
<p>This page says what the server found. What a signature is worth to you, your own client verifies.</p>
</footer>
</body>
</html>
`
}

function homeOf(up: string): string {
  return up === '' ? './' : up
}

function account({ up, back }: Frame, login: string): Markup {
  return markup`<div class="account">
<span>Logged in as ${login}</span>
<form method="post" action="${up}-/logout">
<input type="hidden" name="back" value="${back}">
<button>Log out</button>
</form>
</div>`
}

/** `problem` is what was wrong with the last try. */
export function loginForm({ up, back }: Frame, problem = ''): Markup {
  return markup`<form class="login" method="post" action="${up}-/login">
<input type="hidden" name="back" value="${back}">
${problem === '' ? NOTHING : markup`<p class="note bad" role="alert">${problem}</p>`}
<label for="token">Access token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required aria-describedby="token-help">
<p id="token-help" class="soft">A personal, project or group access token with the scope <code>api</code> or <code>read_api</code>. The login ends after 8 hours, or when the token is revoked.</p>
<button>Log in</button>
</form>`
}
