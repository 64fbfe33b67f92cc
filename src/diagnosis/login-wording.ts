/** An account that exists and may not log in like this; POP3 servers say it in the same words. */
export const DISABLED =
  /account[ _]suspended|(?:account|mailbox|user|login|e-?mail address)\b.{0,30}\b(?:disabled|suspended|locked|blocked|inactive|deactivated|expired|frozen)|(?:basic auth\w*|smtpclientauthentication|smtp auth\w*|pop3? access|pop access|imap access) (?:is |has been )?(?:disabled|not enabled|blocked)|not enabled for (?:pop|smtp|imap)|(?:pop3?|smtp) (?:service|access) (?:is )?(?:not|disabled)|web login required|log ?in via your web browser|(?:is )?locked out/i

export const APP_PASSWORD =
  /application[- ]specific password|app(?:lication)?[- ]password|authori[sz]ation code|auth(?:entication)? code is/i

export const MECHANISM =
  /(?:unsupported|unrecogni[sz]ed|unknown|invalid|no such) (?:auth\w* |sasl )?(?:mechanism|method|type)|(?:mechanism|auth\w* (?:type|method)|method "[^"]*").{0,20}\b(?:not (?:supported|available|allowed|recogni[sz]ed|implemented)|unsupported|invalid)|security features not supported/i

export const NOT_IN_THE_CLEAR =
  /plain ?text (?:auth\w*|logins?|password\w*).{0,20}(?:disabled|disallowed|not allowed|refused)|encryption (?:is )?required for|(?:auth\w*|log ?in|user|apop|command).{0,30}\bonly (?:available|allowed|permitted) (?:under a layer|over|with|after).{0,30}|(?:auth\w*|log ?in).{0,40}(?:non-secure|insecure|unencrypted)|via insecure connection|(?:auth\w*|log ?in).{0,20}requires? (?:tls|ssl|starttls|encrypt)/i

export const TOO_MANY_LOGINS =
  /too many.{0,30}(?:auth\w*|log[io]ns?|log[io]n attempts|password|credential)|(?:auth\w*|log ?in).{0,15}(?:attempts|failures|tries).{0,15}(?:exceeded|limit|reached)/i

export const BROKEN_OFF =
  /abort|cancel|base-?64|(?:cannot|could not|can't|unable to) decode|error reading client response/i

export const APP_PASSWORD_CAUSE =
  'The provider does not take the password of the account from a mail program: the account has a second factor, and programs need a password of their own or OAuth.'
export const APP_PASSWORD_REMEDIES: readonly string[] = [
  'Create an app password in the security settings of the account, and use it as the password.',
  'Or log in by OAuth: `auth.token` with mechanism `xoauth2` or `oauthbearer`.',
]
