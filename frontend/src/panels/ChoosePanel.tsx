import { useCallback, useEffect, useId, useRef, useState } from "react";
import type { TextureSize } from "../api/gateway";
import { useHealth } from "../useHealth";
import { CameraDialog } from "./CameraDialog";
import { HealthNote } from "./HealthNote";
import { Medallion } from "./Medallion";
import { TextureSizeChoice, USUAL_TEXTURE_SIZE } from "./TextureSizeChoice";

const ACCEPTED = "image/jpeg,image/png,image/webp,image/heic,image/heif,.heic,.heif";
const BYTES_PER_MEGABYTE = 1_000_000;

interface ChoosePanelProps {
  problem: string | null;
  onChoose: (photo: Blob, textureSize: TextureSize) => void;
}

export function ChoosePanel({ problem, onChoose }: ChoosePanelProps) {
  const health = useHealth();
  const input = useRef<HTMLInputElement>(null);
  const inputId = useId();
  const [cameraOpen, setCameraOpen] = useState(false);
  const [tooLarge, setTooLarge] = useState<string | null>(null);
  const [textureSize, setTextureSize] = useState<TextureSize>(USUAL_TEXTURE_SIZE);
  const limit = health?.max_upload_bytes;

  const take = useCallback(
    (photo: Blob | null | undefined) => {
      if (photo === null || photo === undefined) {
        return;
      }
      if (limit !== undefined && photo.size > limit) {
        setTooLarge(`The photo is larger than ${Math.round(limit / BYTES_PER_MEGABYTE)} MB.`);
        return;
      }
      onChoose(photo, textureSize);
    },
    [limit, onChoose, textureSize],
  );
  const dragging = useDroppedFile(take);
  usePastedFile(take);

  const shownProblem = tooLarge ?? problem;
  return (
    <section className="choose">
      <label htmlFor={inputId} className={dragging ? "drop drop-over" : "drop"}>
        <Medallion />
        <span className="drop-hint">{dragging ? "Let go" : "Drop a portrait here"}</span>
      </label>
      <div className="choose-words">
        <h1>One portrait becomes a head you can turn.</h1>
        <p>
          A photo from the front, in even light, with the whole face in view. Cameo rebuilds the
          head and its expressions on this machine.
        </p>
        {shownProblem !== null && (
          <p className="problem" role="alert">
            {shownProblem}
          </p>
        )}
        <div className="actions">
          <button type="button" className="button" onClick={() => input.current?.click()}>
            Choose a photo
          </button>
          {canCapture() && (
            <button type="button" className="button quiet" onClick={() => setCameraOpen(true)}>
              Use the camera
            </button>
          )}
        </div>
        <input
          ref={input}
          id={inputId}
          className="visually-hidden"
          type="file"
          accept={ACCEPTED}
          tabIndex={-1}
          aria-label="Portrait photo"
          onChange={(change) => take(change.target.files?.[0])}
        />
        <TextureSizeChoice chosen={textureSize} onChoose={setTextureSize} />
        <p className="fine">
          The photo stays on this machine and is deleted as soon as the avatar is finished. JPEG,
          PNG, WebP or HEIC.
        </p>
        <HealthNote health={health} />
      </div>
      {cameraOpen && (
        <CameraDialog
          onClose={() => setCameraOpen(false)}
          onPhoto={(photo) => {
            setCameraOpen(false);
            take(photo);
          }}
        />
      )}
    </section>
  );
}

function canCapture(): boolean {
  return typeof navigator.mediaDevices?.getUserMedia === "function";
}

/** Files dropped anywhere on the page; true while one hovers over it. */
function useDroppedFile(take: (file: File | undefined) => void): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    let depth = 0;
    const enter = (event: Event) => {
      event.preventDefault();
      depth += 1;
      setOver(true);
    };
    const leave = () => {
      depth -= 1;
      setOver(depth > 0);
    };
    const allow = (event: Event) => event.preventDefault();
    const drop = (event: Event) => {
      event.preventDefault();
      depth = 0;
      setOver(false);
      take((event as DragEvent).dataTransfer?.files[0]);
    };
    const listeners = { dragenter: enter, dragleave: leave, dragover: allow, drop };
    for (const [name, listener] of Object.entries(listeners)) {
      window.addEventListener(name, listener);
    }
    return () => {
      for (const [name, listener] of Object.entries(listeners)) {
        window.removeEventListener(name, listener);
      }
    };
  }, [take]);
  return over;
}

function usePastedFile(take: (file: File | undefined) => void): void {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => take(event.clipboardData?.files[0]);
    window.addEventListener("paste", paste);
    return () => window.removeEventListener("paste", paste);
  }, [take]);
}
