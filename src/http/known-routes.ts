interface Known {
  readonly method: string
  /** As OpenAPI writes it: `/pop3/messages/{n}`. */
  readonly path: string
}

/** What stands for everything else, which callers may make up without end. */
const OTHER = 'other'

const READING = ['GET', 'HEAD'] as const

/** What people and tools read beside the routes; the document names none of it. */
const PAGES = /^\/(?:docs|openapi\.json|openapi\.yaml)?\/?$/i

/** The documented routes by what a request says: for labels, and for 405. */
export class KnownRoutes {
  readonly #routes: readonly { readonly pattern: RegExp; readonly path: string }[]
  readonly #methods = new Map<string, readonly string[]>()

  constructor(routes: readonly Known[]) {
    for (const { path, method } of routes) {
      const known = this.#methods.get(path) ?? []
      this.#methods.set(path, [...known, method.toUpperCase(), ...(method === 'get' ? ['HEAD'] : [])])
    }
    // OpenAPI 3.1 §4.8.8.2: concrete paths come before templated ones
    const paths = [...this.#methods.keys()].sort((a, b) => Number(a.includes('{')) - Number(b.includes('{')))
    this.#routes = paths.map((path) => ({ path, pattern: patternOf(path) }))
  }

  /** What can be done at a path; undefined where nothing is. */
  methodsAt(path: string): readonly string[] | undefined {
    if (PAGES.test(path)) return READING
    const route = this.#routeAt(path)
    return route === undefined ? undefined : this.#methods.get(route)
  }

  /** The pattern of the route and its method: as many as there are routes, whatever callers say. */
  labelsOf(method: string, path: string): { readonly method: string; readonly route: string } {
    const route = this.#routeAt(path) ?? OTHER
    const known = this.#methods.get(route) ?? READING
    return { route, method: known.includes(method) ? method : OTHER }
  }

  #routeAt(path: string): string | undefined {
    return this.#routes.find(({ pattern }) => pattern.test(path))?.path
  }
}

/** As Express matches: in any case, with or without a slash at the end. */
function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{[a-z]+\}/g, '[^/]+')}/?$`, 'i')
}
