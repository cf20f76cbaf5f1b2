# The front door. Without make: python -m book <command>
PYTHON ?= python3
COMMANDS := book test check translations live lab watch edit record pdf linkcheck bench matrix outdated publish-notebooks propose clean help

.DEFAULT_GOAL := help
.PHONY: $(COMMANDS)
$(COMMANDS):
	@$(PYTHON) -m book $@
