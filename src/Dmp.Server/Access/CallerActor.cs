using Dmp.Type.V1;

namespace Dmp.Server.Access;

/// <summary>A caller as others see it: in consents, documents and the trace.</summary>
internal static class CallerActor
{
    extension(Caller caller)
    {
        /// <summary>Name for people. A patient's or representative's name is not repeated beside the record.</summary>
        public string DisplayName => caller.Kind switch
        {
            CallerKind.Patient or CallerKind.Representative => "",
            CallerKind.Structure => caller.StructureName ?? "",
            _ => string.Join(' ', new[] { caller.GivenName, caller.FamilyName }.Where(name => !string.IsNullOrEmpty(name))),
        };

        /// <summary>The actor of a consent, a deposit or an event. Holds no INS.</summary>
        public Actor ToActor()
        {
            var actor = new Actor
            {
                Kind = caller.Kind switch
                {
                    CallerKind.Professional => ActorKind.Professional,
                    CallerKind.Structure => ActorKind.Structure,
                    CallerKind.Patient => ActorKind.Patient,
                    CallerKind.Representative => ActorKind.Representative,
                    CallerKind.Operator => ActorKind.Operator,
                    CallerKind.Auditor => ActorKind.Auditor,
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
