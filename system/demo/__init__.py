"""The main job, played for a newcomer: samples through the front door, screened, counted, told back."""
