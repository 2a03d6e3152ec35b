using Dmp.Type.V1;

namespace Dmp.Server.Calls;

/// <summary>A caller as others see it: in consents, documents and the trace.</summary>
internal static class CallerActor
{
    extension(Caller caller)
    {
        /// <summary>
        /// Name for people. A patient's or representative's name is not repeated beside the record; a delegate's tells which one.
        /// </summary>
        public string DisplayName => caller.Kind switch
        {
            CallerKind.Patient or CallerKind.Representative => caller.DelegateName ?? "",
            CallerKind.Structure => caller.StructureName ?? "",
            _ => string.Join(' ', new[] { caller.GivenName, caller.FamilyName }.Where(name => !string.IsNullOrEmpty(name))),
        };

        /// <summary>The actor of a consent, a deposit or an event. Holds no INS.</summary>
        public Actor ToActor()
        {
            var actor = new Actor
            {
                Kind = (caller.Capacity, caller.Kind) switch
                {
                    (Capacity.Patient, _) => ActorKind.Patient,
                    (Capacity.Representative, _) => ActorKind.Representative,
                    (Capacity.Caregiver, _) => ActorKind.Caregiver,
                    (Capacity.TrustedPerson, _) => ActorKind.TrustedPerson,
                    (_, CallerKind.Professional) => ActorKind.Professional,
                    (_, CallerKind.Structure) => ActorKind.Structure,
                    (_, CallerKind.Patient) => ActorKind.Patient,
                    (_, CallerKind.Representative) => ActorKind.Representative,
                    (_, CallerKind.Operator) => ActorKind.Operator,
                    (_, CallerKind.Auditor) => ActorKind.Auditor,
                    _ => ActorKind.Unspecified,
                },
                Id = caller.Kind switch
                {
                    CallerKind.Professional => caller.ProfessionalId ?? "",
                    CallerKind.Structure => caller.StructureId ?? "",
                    _ => "",
                },
                Name = caller.DisplayName,
                StructureId = caller.StructureId ?? "",
                StructureName = caller.StructureName ?? "",
            };
            if (caller.ProfessionCode is not null)
            {
                actor.Profession = new Coding { System = caller.ProfessionSystem ?? "", Code = caller.ProfessionCode };
            }

            return actor;
        }
    }
}
