interface HeaderProps {
  /** null where there is nothing to start over from. */
  onStartOver: (() => void) | null;
}

export function Header({ onStartOver }: HeaderProps) {
  return (
    <header className="header">
      <a className="wordmark" href="/" aria-label="Cameo, start page">
        <svg className="wordmark-sign" viewBox="0 0 20 24" aria-hidden="true">
          <ellipse cx="10" cy="12" rx="9" ry="11" />
          <ellipse className="wordmark-rim" cx="10" cy="12" rx="6.8" ry="8.8" />
        </svg>
        Cameo
      </a>
      {onStartOver !== null && (
        <button type="button" className="button quiet" onClick={onStartOver}>
          Another portrait
        </button>
      )}
    </header>
  );
}
