/**
 * RFC 3461 §4: `xtext`, printable ASCII in which `+` and `=` and everything else are written `+XX`.
 *
 * No line break can come out of it, whatever went in.
 */
export function xtext(text: string): string {
  return [...Buffer.from(text)]
    .map((octet) =>
      octet < 0x21 || octet > 0x7e || octet === 0x2b || octet === 0x3d
        ? `+${octet.toString(16).toUpperCase().padStart(2, '0')}`
        : String.fromCharCode(octet),
    )
    .join('')
}
