# The front door. Without make: python -m book <command>
COMMANDS := book test check translations live lab watch edit record pdf linkcheck bench matrix outdated publish-notebooks propose clean help

# They would lead `python -m book` elsewhere, or end it, before it can say anything
unexport PYTHONHOME PYTHONINSPECT PYTHONPATH PYTHONSAFEPATH PYTHONWARNINGS

.DEFAULT_GOAL := help
.PHONY: $(COMMANDS)
$(COMMANDS):
	@$(or $(strip $(PYTHON)),python3) -m book $@
