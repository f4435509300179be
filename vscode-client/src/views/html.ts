/** The page of the chat: nothing in it but our own script and style, nothing it may reach. No `vscode` here. */

export interface Page {
  script: string;
  style: string;
  /** What the editor calls its own resources. */
  source: string;
  nonce: string;
}

export function chatPage({ script, style, source, nonce }: Page): string {
  const policy = `default-src 'none'; style-src ${source}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>Dispatch</title>
</head>
<body>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
