#!/bin/bash
# One run divided among the tasks of an allocation, two a node, from the project's folder:
#     sbatch docs/slurm/divided_run.sh +experiment=xray epochs=200
# Preempted, or near its time limit, it is requeued and goes on from its last commit.
#SBATCH --job-name=divided_run
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=2
#SBATCH --cpus-per-task=1
#SBATCH --time=04:00:00
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append

requeue() { # the tasks end in good order; SLURM begins this script again, under the same number
    trap '' USR1 TERM
    scancel --signal=TERM "$SLURM_JOB_ID"
    wait
    scontrol requeue "$SLURM_JOB_ID"
    exit
}
trap requeue USR1 # a while before the time limit
trap : TERM

source .venv/bin/activate
srun python -m src.train "$@" trainer.strategy=ddp \
    trainer.devices="${SLURM_NTASKS_PER_NODE:-1}" trainer.num_nodes="$SLURM_JOB_NUM_NODES" \
    hydra.run.dir="mlruns/runs/slurm-$SLURM_JOB_ID" & # of this job, whenever it begins
while kill -0 $! 2>/dev/null; do wait $!; done
wait $!
status=$?
[ $status = 143 ] && sleep 600 # SLURM told the tasks to end: preempted, it requeues this script if that has not ended
exit $status
