#!/bin/bash
# A sweep or a search on all nodes of an allocation, by a Ray cluster in it, from the project's folder:
#     sbatch --nodes=4 docs/slurm/sweep.sh +experiment=xray 'seed=range(0,40)'
# Preempted, or near its time limit, it is requeued and goes on: the same command takes up its own sweep.
#SBATCH --job-name=sweep
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=2
#SBATCH --time=04:00:00
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append

requeue() { # the sweep ends in good order; SLURM begins this script again, under the same number
    trap '' USR1 TERM
    kill -TERM "$sweep"
    wait "$sweep"
    scontrol requeue "$SLURM_JOB_ID"
    exit
}

source .venv/bin/activate
export head=$(hostname -I | cut -d' ' -f1)    # this script runs on the first node
export port=$((20000 + SLURM_JOB_ID % 10000)) # two jobs may share a node,
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN=$(head -c 32 /dev/urandom | sha256sum | cut -d' ' -f1) # and nobody else's the cluster
srun bash -c '
    [ "$SLURM_PROCID" = 0 ] && place=(--head --node-ip-address="$head" --port="$port") || place=(--address="$head:$port")
    exec ray start --block "${place[@]}" --num-cpus="$SLURM_CPUS_PER_TASK" --disable-usage-stats
' &
cluster=$!
until (: </dev/tcp/"$head"/"$port") 2>/dev/null; do
    kill -0 $cluster || exit 1
    sleep 1
done

python -m src.train -m "$@" hydra.launcher.address="$head:$port" & # nodes that come later join it
sweep=$!
trap requeue USR1               # a while before the time limit
trap 'kill -TERM "$sweep"' TERM
while kill -0 $sweep 2>/dev/null; do wait $sweep; done
wait $sweep
status=$?
[ $status = 143 ] && sleep 600 # preempted: SLURM requeues this script if that has not ended
kill $cluster
exit $status
