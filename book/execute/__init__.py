"""The outputs of the pages: run here, remembered, or recorded on other machines."""
