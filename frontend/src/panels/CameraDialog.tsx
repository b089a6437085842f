import { useEffect, useRef, useState } from "react";

const JPEG_QUALITY = 0.95;
const IDEAL_VIDEO = { facingMode: "user", width: { ideal: 1920 }, height: { ideal: 1080 } };

interface CameraDialogProps {
  onPhoto: (photo: Blob) => void;
  onClose: () => void;
}

/** Takes a photo with the device's camera. The preview is mirrored, the photo is not. */
export function CameraDialog({ onPhoto, onClose }: CameraDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<"opening" | "live" | "refused">("opening");

  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    let stream: MediaStream | null = null;
    let active = true;
    navigator.mediaDevices.getUserMedia({ video: IDEAL_VIDEO, audio: false }).then(
      (opened) => {
        stream = opened;
        if (!active || video.current === null) {
          stop(opened);
          return;
        }
        video.current.srcObject = opened;
        setState("live");
      },
      () => setState("refused"),
    );
    return () => {
      active = false;
      if (stream !== null) {
        stop(stream);
      }
    };
  }, []);

  return (
    <dialog ref={dialog} className="camera" aria-label="Camera" onClose={onClose}>
      {state === "refused" ? (
        <p>The camera cannot be used: there is none, or the browser was not allowed to.</p>
      ) : (
        <video ref={video} autoPlay playsInline muted />
      )}
      <div className="actions">
        <button
          type="button"
          className="button"
          disabled={state !== "live"}
          onClick={() => video.current !== null && capture(video.current, onPhoto)}
        >
          Take the photo
        </button>
        <button type="button" className="button quiet" onClick={onClose}>
          Cancel
        </button>
      </div>
    </dialog>
  );
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) {
    track.stop();
  }
}

function capture(video: HTMLVideoElement, onPhoto: (photo: Blob) => void): void {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  canvas.toBlob((photo) => photo !== null && onPhoto(photo), "image/jpeg", JPEG_QUALITY);
}
