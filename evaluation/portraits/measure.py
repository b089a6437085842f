"""One portrait to its figures: what a worker does, wherever it runs."""

import time
from types import TracebackType

import numpy as np

from evaluation.face_alignment import crop_camera, ffhq_square
from evaluation.hair.mask_overlap import mask_iou
from evaluation.image_metrics import only_inside, psnr_db, ssim
from evaluation.portraits.figures import Cost, Figures
from evaluation.portraits.hair_figures import hair_orientation_error_deg
from evaluation.portraits.measurement import (
    GREY,
    EvaluatorOptions,
    FacePictures,
    Mask,
    Measurement,
)
from evaluation.portraits.pictures import face_pictures
from reconstruction_backend.avatar import Avatar
from reconstruction_backend.camera import PerspectiveCamera
from reconstruction_backend.heap import peak_rss_mb
from reconstruction_backend.landmarks import LandmarkDetector
from reconstruction_backend.parsing import PortraitParser
from reconstruction_backend.pipeline import Pipeline, ReconstructionOptions
from reconstruction_backend.portrait import decode_portrait
from reconstruction_backend.texture.result import Provenance

WHOLE: Mask = np.ones((256, 256), bool)


class PortraitEvaluator:
    """Keeps backend and metrics warm; not thread-safe. A context manager."""

    def __init__(self, options: EvaluatorOptions) -> None:
        """Load everything. Raises ModelNotAvailable or InvalidModel."""
        self._pipeline = Pipeline(ReconstructionOptions(backend=options.backend))
        self._detector = LandmarkDetector()
        self._parser = PortraitParser()
        self._learned = LearnedMetrics(options)
        self._warm = False

    def __call__(self, photo: bytes) -> Measurement:
        """Reconstruct and measure. Raises a CameoError where the photo does not allow it."""
        portrait = decode_portrait(photo)
        begin = time.perf_counter()
        avatar = self._pipeline.reconstruct(portrait)
        made = time.perf_counter()
        landmarks = self._detector.detect(portrait)
        pictures = face_pictures(
            portrait, landmarks, self._parser.parse(portrait, landmarks), avatar
        )
        camera = crop_camera(avatar.fit.camera, ffhq_square(landmarks.points_px))
        figures = measure_pictures(pictures, avatar, camera, self._learned)
        cost = Cost(
            reconstruct_s=made - begin,
            stage_ms=dict(avatar.stage_ms),
            measure_s=time.perf_counter() - made,
            peak_rss_mb=peak_rss_mb(),
            warm=self._warm,
        )
        self._warm = True
        return Measurement(figures, cost, pictures)

    def close(self) -> None:
        """Release the networks."""
        self._pipeline.close()
        self._detector.close()

    def __enter__(self) -> "PortraitEvaluator":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class LearnedMetrics:
    """The networks that were asked for; a metric that was not gives None."""

    def __init__(self, options: EvaluatorOptions) -> None:
        self._lpips_alex = self._lpips_vgg = self._embedder = None
        if options.lpips_alex or options.lpips_vgg:
            from evaluation.perceptual.lpips_distance import LpipsDistance

            self._lpips_alex = LpipsDistance("alex") if options.lpips_alex else None
            self._lpips_vgg = LpipsDistance("vgg") if options.lpips_vgg else None
        if options.facenet:
            from evaluation.perceptual.face_embedding import FaceEmbedder

            self._embedder = FaceEmbedder()

    def lpips(self, pictures: FacePictures, mask: Mask) -> tuple[float | None, float | None]:
        """By AlexNet and by VGG, of what lies inside the mask."""
        pair = (
            only_inside(pictures.photo, mask, GREY),
            only_inside(pictures.render, mask, GREY),
        )
        return (
            None if self._lpips_alex is None else self._lpips_alex(*pair),
            None if self._lpips_vgg is None else self._lpips_vgg(*pair),
        )

    def difd(self, pictures: FacePictures) -> tuple[float | None, float | None, float | None]:
        """From the photo to the render, and to the avatar turned to its right and left."""
        if self._embedder is None:
            return None, None, None
        from evaluation.perceptual.face_embedding import embedding_distance

        embed = self._embedder.embed
        person = embed(pictures.photo)
        front, minus, plus = (
            embedding_distance(person, embed(each))
            for each in (pictures.render, pictures.yaw_minus, pictures.yaw_plus)
        )
        return front, minus, plus


def measure_pictures(
    pictures: FacePictures, avatar: Avatar, camera: PerspectiveCamera, learned: LearnedMetrics
) -> Figures:
    """All figures of one avatar; `camera` is the fitted one, of the crop."""
    photo, render, head, face = pictures.photo, pictures.render, pictures.head, pictures.face
    # beyond a mask both show the same, so that SSIM's windows across its rim compare the mask only
    masked = [(only_inside(photo, mask, GREY), only_inside(render, mask, GREY)) for mask in
              (head, face)]  # fmt: skip
    alex_head, vgg_head = learned.lpips(pictures, head)
    alex_crop, vgg_crop = learned.lpips(pictures, WHOLE)
    front, minus, plus = learned.difd(pictures)
    return Figures(
        psnr_head_db=psnr_db(photo, render, head),
        ssim_head=ssim(*masked[0], head),
        psnr_face_db=psnr_db(photo, render, face),
        ssim_face=ssim(*masked[1], face),
        psnr_crop_db=psnr_db(photo, render, WHOLE),
        ssim_crop=ssim(photo, render, WHOLE),
        lpips_alex_head=alex_head,
        lpips_alex_crop=alex_crop,
        lpips_vgg_head=vgg_head,
        lpips_vgg_crop=vgg_crop,
        difd=front,
        difd_yaw_minus_30=minus,
        difd_yaw_plus_30=plus,
        hair_iou=mask_iou(pictures.hair, pictures.render_hair),
        hair_orientation_deg=hair_orientation_error_deg(pictures, avatar, camera),
        landmark_residual_iod=avatar.fit.landmark_residual_iod,
        seen_share=seen_share(avatar),
    )


def seen_share(avatar: Avatar) -> float:
    """Of the atlas' charts, what the photo showed."""
    provenance = avatar.texture.provenance
    inside = provenance != Provenance.OUTSIDE
    return float((provenance[inside] == Provenance.SEEN).mean())
